//! TCP connections: HTTP/1.1, and a time-out for idle clients.
//!
//! A client is idle while it neither sends what the server waits for nor takes what the server sends: it opens a
//! connection and is silent, stops amid a request's headers or body, sends no next request, or doesn't read a response.
//! There is no limit to how long a response takes to make, or a body or WebSocket that goes on lasts.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::Sleep;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// Serves connections until `shutdown` becomes true; returns when the requests then in progress are answered.
pub async fn serve(mut listener: TcpListener, routes: Router, idle_max: Duration, shutdown: watch::Receiver<bool>) {
    let routes = TowerToHyperService::new(routes.layer(RequestBodyTimeoutLayer::new(idle_max)));
    let mut http = http1::Builder::new();
    // This timer runs from a connection's start, and from each answer's end, to the end of the next request's headers.
    http.timer(TokioTimer::new()).header_read_timeout(idle_max);
    let (is_open, mut are_any_open) = mpsc::channel::<Infallible>(1);
    let mut stop = shutdown.clone();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            _ = stop.changed() => break,
        };
        let routes = routes.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            routes.call(request)
        });
        let stream = TokioIo::new(WriteTimeout::new(stream, idle_max));
        let connection = http.serve_connection(stream, service).with_upgrades();
        let (mut stop, is_open) = (shutdown.clone(), is_open.clone());
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = stop.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection failed");
            }
            drop(is_open);
        });
    }
    drop((listener, is_open));
    // Nothing is ever sent: this returns when the last connection has dropped its half.
    are_any_open.recv().await;
}

/// A stream that fails when its peer takes no byte for longer than `limit`.
struct WriteTimeout<S> {
    stream: S,
    limit: Duration,
    /// Runs while a write waits.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> WriteTimeout<S> {
    fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, timer: None }
    }

    /// The result of a write; an error for one that has been pending for too long.
    fn limited(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.timer = None;
            return written;
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        timer.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limited(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limited(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // A TCP stream has nothing to flush and doesn't wait to shut down.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
