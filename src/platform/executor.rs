//! The executor of Leptos' effects: it runs them when it is told to, and not in a microtask. So painting is synchronous:
//! set the signals, run the effects, then measure.
//!
//! A program has one executor. In an application that has set another one before, the effects run in its tasks, and
//! painting ends with [`settle`].

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use send_wrapper::SendWrapper;

thread_local! {
    static READY: RefCell<VecDeque<Arc<Task>>> = const { RefCell::new(VecDeque::new()) };
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
    #[cfg(feature = "component")]
    static IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// A future that was spawned; `None` once it is complete.
struct Task(SendWrapper<RefCell<Option<PinnedLocalFuture<()>>>>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        READY.with_borrow_mut(|ready| ready.push_back(self));
    }
}

struct Synchronous;

impl CustomExecutor for Synchronous {
    fn spawn(&self, future: PinnedFuture<()>) {
        self.spawn_local(future);
    }

    fn spawn_local(&self, future: PinnedLocalFuture<()>) {
        Arc::new(Task(SendWrapper::new(RefCell::new(Some(future))))).wake();
    }

    fn poll_local(&self) {
        run();
    }
}

/// Makes this the executor of the program, unless it has one.
pub fn init() {
    // It fails when one was set before: this one, or the application's.
    let was_set = Executor::init_custom_executor(Synchronous);
    #[cfg(feature = "component")]
    IS_OWN.set(was_set.is_ok() || IS_OWN.get());
    #[cfg(not(feature = "component"))]
    drop(was_set);
}

/// Whether this is the executor of the program.
#[cfg(feature = "component")]
#[must_use]
pub fn is_own() -> bool {
    IS_OWN.get()
}

/// Waits until another executor has run the effects of a signal that was set: those that read the signal itself, then those
/// of the items of a list (`components/keyed_list.rs`), whose signals the list sets. Lists contain no lists.
#[cfg(feature = "component")]
pub async fn settle() {
    Executor::tick().await;
    Executor::tick().await;
}

/// Runs the effects whose signals changed, until none is left. Inside an effect it does nothing: the outer call goes on.
pub fn run() {
    if IS_RUNNING.replace(true) {
        return;
    }
    while let Some(task) = READY.with_borrow_mut(VecDeque::pop_front) {
        let waker = Waker::from(Arc::clone(&task));
        let mut future = task.0.borrow_mut();
        let is_complete = future
            .as_mut()
            .is_none_or(|future| future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(()));
        if is_complete {
            *future = None;
        }
    }
    IS_RUNNING.set(false);
}
