//! The sandbox: Chatwoot's API channel on your own machine.
//!
//! Client API, cable, application API, callbacks and an agent page in one process over one SQLite database, answering
//! as a real Chatwoot was recorded to answer, its oddities included: 4.16.2, or 4.0.4 (`Age`). `rules` says what happens, `store` keeps
//! it, `shapes` is the JSON the outside sees; `client_api`, `app_api` and `cable` are the doors.

mod age;
mod app_api;
mod cable;
mod callbacks;
mod client_api;
mod clock;
mod connections;
mod declaration;
mod downloads;
mod dressing;
mod endpoint;
mod later;
mod limits;
mod model;
mod pages;
mod params;
mod percent;
mod presence;
mod pubsub;
mod refusal;
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
mod working_hours;
mod world;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use clock::Clock;
use declaration::Declaration;
use limits::Limiter;
use presence::Presence;
use pubsub::Hub;
use seed::Keys;
use settings::Settings;
use state::{AppState, Shared};
use store::{News, Place, Store};
use trusted_hosts::TrustedHosts;
use uploads::FilesFolder;
use world::World;

#[tokio::main]
async fn main() -> ExitCode {
    let log = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();
    match run(Settings::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            complain(&sentence);
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), String> {
    raise_file_limit();
    let socket = TcpListener::bind(settings.listen)
        .await
        .map_err(|error| format!("{} can't be listened on: {error}", settings.listen))?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    let (app, keys) = open(&settings, address)?;
    let thread = match settings.seed_thread {
        Some(count) => {
            let seeded = app.store.perform(move |turn| seed::thread(turn, count)).await;
            Some(seeded.map_err(|refusal| format!("the thread can't be made: {refusal:?}"))?)
        }
        None => None,
    };
    cable::socket::start_pinging(app.clone());
    greet(&format!("http://{address}"), settings.public_url.as_deref(), &keys, thread.as_deref());
    let idle_max = Duration::from_millis(settings.idle_timeout_ms.get().into());
    let trusted = TrustedHosts::new(address, settings.public_url.as_deref(), &settings.allow_host);
    let limiter = Limiter::new(app.world.clock, app.world.limits);
    let routes = router::router(&app, trusted, limiter);
    let serving = tokio::spawn(connections::serve(socket, routes, idle_max, app.stopping.subscribe()));
    stop_signal().await?;
    app.stopping.send_replace(true);
    // Requests under way get a moment to be answered; a connection kept open by its client does not hold us.
    match tokio::time::timeout(STOPPING_MAX, serving).await {
        Ok(Err(error)) => Err(format!("the server failed: {error}")),
        Ok(Ok(())) | Err(_) => Ok(()),
    }
}

const STOPPING_MAX: Duration = Duration::from_secs(2);

/// Everything up to the first request: database, first contents, the threads and tasks that serve it.
fn open(settings: &Settings, address: SocketAddr) -> Result<(AppState, Keys), String> {
    let clock = Clock::with_offset(settings.clock_offset);
    let declaration = settings.config.as_deref().map_or_else(Declaration::demo, Declaration::read)?;
    let place = settings.db.clone().map_or(Place::Memory, Place::File);
    let (db, is_fresh) = place.open()?;
    if is_fresh {
        seed::plant(&db, &declaration, clock.now())?;
    }
    seed::adjust(&db, settings)?;
    let keys = seed::keys(&db)?;
    let public_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let world = Arc::new(World {
        clock,
        public_url: public_url.trim_end_matches('/').to_owned(),
        playground_url: settings.playground_url.clone(),
        presence: Arc::new(Presence::of(settings.chatwoot)),
        age: settings.chatwoot,
        files_late: Duration::from_millis(settings.files_late_ms.into()),
        secret: store::secret(&db).map_err(|error| error.to_string())?,
        limits: !settings.no_limits,
    });
    let files = Arc::new(FilesFolder::at(files_folder(settings)));
    let hub = Arc::new(Hub::default());
    let (callbacks, waiting) = callbacks::queue();
    let (jobs, jobs_waiting) = later::queue();
    let (told, gone) = (hub.clone(), files.clone());
    let herald = move |news| match news {
        News::Frame(broadcast) => told.broadcast(&broadcast),
        News::Callback(callback) => {
            if callbacks.try_send(callback).is_err() {
                tracing::warn!("too many callbacks are waiting; one was dropped");
            }
        }
        News::FileGone(stored_as) => gone.remove(&stored_as),
        News::Later(job) => {
            if jobs.try_send(job).is_err() {
                tracing::warn!("too many jobs are waiting; one was dropped");
            }
        }
    };
    let store = Store::start(db, world.clone(), herald)?;
    callbacks::start(waiting, store.clone(), settings.chatwoot)?;
    later::start(jobs_waiting, store.clone());
    let (beat, stopping) = (watch::Sender::new(0), watch::Sender::new(false));
    let app = AppState::new(Shared { store, hub, world, files, beat, stopping });
    Ok((app, keys))
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

/// A thousand sockets need more descriptors than many shells allow at first.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files can't be raised");
    }
}

async fn stop_signal() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| format!("signals can't be heard: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The lines that `--help` describes.
#[expect(clippy::print_stdout, reason = "the address and the keys are this program's output")]
fn greet(address: &str, public_url: Option<&str>, keys: &Keys, thread: Option<&str>) {
    println!("The sandbox is a Chatwoot API channel for trying things out. Everyone who reaches it can read it.");
    println!("agent page        {address}/");
    println!("account           {}", keys.account_id);
    println!("inbox identifier  {}", keys.inbox_identifier);
    println!("HMAC key          {}", keys.hmac_token);
    println!("access token      {}", keys.access_token);
    if let Some(source_id) = thread {
        println!("seeded contact    {source_id}");
    }
    if let Some(public_url) = public_url {
        println!("public URL        {public_url}");
    }
    println!("client API        {address}");
}

#[expect(clippy::print_stderr, reason = "why the program ends is told where errors are told")]
fn complain(sentence: &str) {
    eprintln!("sandbox: {sentence}");
}
