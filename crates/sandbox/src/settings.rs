//! The command line; the comments of its fields are the help text.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Parser;

use crate::trusted_hosts::NamedHost;
use crate::version::ChatwootVersion;

/// Chatwoot's API channel on your own machine: client API, cable, application API, webhooks and an agent page.
#[derive(Clone, Debug, Parser)]
#[command(name = "sandbox", after_help = OUTPUT)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one and prints it
    #[arg(long, default_value = "127.0.0.1:3100", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,

    /// The address that others reach this server by, for links to files and surveys
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Another name that the agent page may be reached by (may be repeated; without a port: under any)
    #[arg(long, value_name = "HOST[:PORT]")]
    pub allow_host: Vec<NamedHost>,

    /// Where the playground is, for the agent page's links to it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/")]
    pub playground_url: String,

    /// Close connections whose client has been idle for this long
    #[arg(long, value_name = "MILLISECONDS", default_value = IDLE_TIMEOUT_MS)]
    pub idle_timeout_ms: NonZeroU32,

    /// Which Chatwoot to answer as
    #[arg(long, value_enum, default_value_t = ChatwootVersion::V4_16, value_name = "VERSION")]
    pub chatwoot: ChatwootVersion,

    /// Let attached files appear this long after their event, as a real server's storage does
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub files_late_ms: u32,

    /// Keep everything in this SQLite file
    #[arg(long, value_name = "FILE", conflicts_with = "memory")]
    pub db: Option<PathBuf>,

    /// Keep nothing (also without --db)
    #[arg(long)]
    pub memory: bool,

    /// Where attachments are kept (next to the database file, or a temporary folder)
    #[arg(long, value_name = "DIR")]
    pub files: Option<PathBuf>,

    /// Account, agents and inboxes to start with, as TOML; without it a small demo
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,

    /// Callback URL of the first inbox (http only)
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<String>,

    /// Ask for an identifier_hash on the first inbox
    #[arg(long)]
    pub hmac_mandatory: bool,

    /// No limit of requests or messages a minute
    #[arg(long)]
    pub no_limits: bool,

    /// Start with a conversation of this many messages; its contact is printed
    #[arg(long, value_name = "N")]
    pub seed_thread: Option<u32>,

    /// Seconds to add to the clock
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true)]
    pub clock_offset: i64,
}

/// nginx's default for kept-alive connections; it stands before most servers.
const IDLE_TIMEOUT_MS: &str = "75000";

const OUTPUT: &str = "\
At start it prints one line for each thing a client needs, the name first and the value behind two or more spaces:
agent page, client API, inbox identifier, HMAC key, access token, account. The line `client API` comes last
and means that requests are answered.";
