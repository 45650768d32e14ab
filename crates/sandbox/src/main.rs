//! The sandbox: Chatwoot's API channel on your own machine.
//!
//! Client API, cable, application API, webhooks and an agent page in one process over one SQLite database, answering as
//! a real Chatwoot was recorded to answer, its faults included: 4.16.2, or 4.0.4 (`ChatwootVersion`). `router` leads to
//! the handlers in `client_api`, `app_api`, `cable`, `active_storage` and `pages`; these call `rules`, which decide what
//! happens; `store` keeps it, and `serializers` write the JSON that clients see.

mod active_storage;
mod app_api;
mod cable;
mod client_api;
mod clock;
mod config;
mod connections;
mod context;
mod endpoint;
mod error;
mod jobs;
mod middleware;
mod model;
mod pages;
mod params;
mod presence;
mod process;
mod pubsub;
mod rate_limit;
mod router;
mod rules;
mod seed;
mod serializers;
mod settings;
mod signing;
mod state;
mod store;
mod tokens;
mod trusted_hosts;
mod uploads;
mod url_encoding;
mod version;
mod webhook_delivery;
mod working_hours;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use rusqlite::Connection;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use clock::Clock;
use config::Config;
use context::Context;
use presence::Presence;
use pubsub::PubSub;
use rate_limit::RateLimiter;
use seed::Credentials;
use settings::Settings;
use state::{AppState, Shared};
use store::{AfterCommit, DatabaseLocation, Store};
use trusted_hosts::TrustedHosts;
use uploads::FileStorage;

#[tokio::main]
async fn main() -> ExitCode {
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            print_error(&sentence);
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), String> {
    process::raise_open_file_limit();
    let socket = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("{} can't be listened on: {error}", settings.listen))?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    let (db, credentials) = open_database(&settings)?;
    let state = start_store(&settings, db, address)?;
    let thread = match settings.seed_thread {
        Some(count) => {
            let source_id = state.store.transaction(move |tx| seed::insert_thread(tx, count)).await;
            Some(source_id.map_err(|error| format!("the thread can't be made: {error:?}"))?)
        }
        None => None,
    };
    cable::socket::start_heartbeat(state.clone());
    print_credentials(&format!("http://{address}"), settings.public_url.as_deref(), &credentials, thread.as_deref());
    serve(&settings, socket, address, &state).await
}

/// Serves requests until a signal stops the process.
async fn serve(settings: &Settings, socket: TcpListener, address: SocketAddr, state: &AppState) -> Result<(), String> {
    let trusted_hosts = TrustedHosts::new(address, settings.public_url.as_deref(), &settings.allow_host);
    let rate_limiter = RateLimiter::new(state.context.clock, state.context.has_limits);
    let routes = router::router(state, trusted_hosts, rate_limiter);
    let idle_max = Duration::from_millis(settings.idle_timeout_ms.get().into());
    let serving = tokio::spawn(connections::serve(socket, routes, idle_max, state.shutdown.subscribe()));
    process::stop_signal().await?;
    state.shutdown.send_replace(true);
    match tokio::time::timeout(SHUTDOWN_MAX, serving).await {
        Ok(Err(error)) => Err(format!("the server failed: {error}")),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}

/// How long requests in progress may take to be answered at the end; a kept-alive connection does not delay it longer.
const SHUTDOWN_MAX: Duration = Duration::from_secs(2);

/// Opens the database, with the configured account in a new one.
fn open_database(settings: &Settings) -> Result<(Connection, Credentials), String> {
    let config = settings.config.as_deref().map_or_else(Config::demo, Config::read)?;
    let location = settings.db.clone().map_or(DatabaseLocation::Memory, DatabaseLocation::File);
    let (db, is_new) = location.open()?;
    if is_new {
        seed::insert_config(&db, &config, Clock::with_offset(settings.clock_offset).now())?;
    }
    seed::apply_settings(&db, settings)?;
    let credentials = seed::credentials(&db)?;
    Ok((db, credentials))
}

/// Starts the store, webhook deliveries and background jobs.
fn start_store(settings: &Settings, db: Connection, address: SocketAddr) -> Result<AppState, String> {
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let context = Arc::new(Context {
        clock: Clock::with_offset(settings.clock_offset),
        public_url: public_url.trim_end_matches('/').to_owned(),
        playground_url: settings.playground_url.clone(),
        presence: Arc::new(Presence::new(settings.chatwoot)),
        version: settings.chatwoot,
        files_delay: Duration::from_millis(settings.files_late_ms.into()),
        secret: store::secret(&db).map_err(|error| error.to_string())?,
        has_limits: !settings.no_limits,
    });
    let files = Arc::new(FileStorage::new(files_folder(settings)));
    let pubsub = Arc::new(PubSub::default());
    let (webhooks, waiting_webhooks) = webhook_delivery::queue();
    let (jobs, waiting_jobs) = jobs::queue();
    let on_commit = on_commit(pubsub.clone(), files.clone(), webhooks, jobs);
    let store = Store::start(db, context.clone(), on_commit)?;
    webhook_delivery::start(waiting_webhooks, store.clone(), settings.chatwoot)?;
    jobs::start(waiting_jobs, store.clone());
    let (heartbeat, shutdown) = (watch::Sender::new(0), watch::Sender::new(false));
    Ok(AppState::new(Shared { store, pubsub, context, files, heartbeat, shutdown }))
}

/// What the store calls for each thing that a transaction left to be done. It never waits: what a full queue doesn't
/// take is dropped.
fn on_commit(
    pubsub: Arc<PubSub>,
    files: Arc<FileStorage>,
    webhooks: webhook_delivery::Queue,
    jobs: jobs::Queue,
) -> impl Fn(AfterCommit) + Send + 'static {
    move |action| match action {
        AfterCommit::Broadcast(broadcast) => pubsub.broadcast(&broadcast),
        AfterCommit::Webhook(webhook) => {
            if webhooks.try_send(webhook).is_err() {
                tracing::warn!("too many webhooks are waiting; one was dropped");
            }
        }
        AfterCommit::DeleteFile(stored_as) => files.remove(&stored_as),
        AfterCommit::Job(job) => {
            if jobs.try_send(job).is_err() {
                tracing::warn!("too many jobs are waiting; one was dropped");
            }
        }
    }
}

fn files_folder(settings: &Settings) -> PathBuf {
    match (&settings.files, &settings.db) {
        (Some(files), _) => files.clone(),
        (None, Some(db)) => {
            let mut path = db.clone().into_os_string();
            path.push(".files");
            path.into()
        }
        (None, None) => std::env::temp_dir().join(format!("natter-sandbox-{}", std::process::id())),
    }
}

/// The lines that `--help` describes. The last one says that the server is ready.
#[expect(clippy::print_stdout, reason = "the address and the credentials are this program's output")]
fn print_credentials(address: &str, public_url: Option<&str>, credentials: &Credentials, thread: Option<&str>) {
    println!("The sandbox is a Chatwoot API channel for trying things out. Everyone who reaches it can read it.");
    println!("agent page        {address}/");
    println!("account           {}", credentials.account_id);
    println!("inbox identifier  {}", credentials.inbox_identifier);
    println!("HMAC key          {}", credentials.hmac_token);
    println!("access token      {}", credentials.access_token);
    if let Some(source_id) = thread {
        println!("seeded contact    {source_id}");
    }
    if let Some(public_url) = public_url {
        println!("public URL        {public_url}");
    }
    println!("client API        {address}");
}

#[expect(clippy::print_stderr, reason = "an error that ends the program goes to standard error")]
fn print_error(sentence: &str) {
    eprintln!("sandbox: {sentence}");
}
