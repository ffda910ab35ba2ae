//! An executor that polls a task only when it was woken, one after another, until nobody is awake.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// More polls than any test needs: a task that is polled so often is never going to rest.
const ENDLESS: usize = 20_000;

type Ready = Arc<Mutex<VecDeque<usize>>>;
type Body<'a> = Rc<RefCell<Option<Pin<Box<dyn Future<Output = ()> + 'a>>>>>;

struct Signal {
    id: usize,
    ready: Ready,
    awake: AtomicBool,
    wakes: AtomicUsize,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, SeqCst);
        if !self.awake.swap(true, SeqCst) {
            self.ready.lock().unwrap().push_back(self.id);
        }
    }
}

struct Entry<'a> {
    name: &'static str,
    signal: Arc<Signal>,
    body: Body<'a>,
    polls: Rc<Cell<usize>>,
}

/// All tasks, and those awake in the order in which they were woken.
#[derive(Default)]
pub(crate) struct Executor<'a> {
    ready: Ready,
    tasks: Vec<Entry<'a>>,
}

impl<'a> Executor<'a> {
    pub(crate) fn spawn<T: 'a>(&mut self, name: &'static str, future: impl Future<Output = T> + 'a) -> Task<'a, T> {
        let signal = Arc::new(Signal {
            id: self.tasks.len(),
            ready: self.ready.clone(),
            awake: AtomicBool::new(false),
            wakes: AtomicUsize::new(0),
        });
        let output = Rc::new(RefCell::new(None));
        let polls = Rc::default();
        let outlet = Rc::clone(&output);
        let body: Body<'a> = Rc::new(RefCell::new(Some(Box::pin(async move {
            let value = future.await;
            *outlet.borrow_mut() = Some(value);
        }))));
        let task = Task { body: Rc::clone(&body), signal: Arc::clone(&signal), polls: Rc::clone(&polls), output };
        signal.clone().wake();
        signal.wakes.store(0, SeqCst);
        self.tasks.push(Entry { name, signal, body, polls });
        task
    }

    /// Polls the task that was woken first. False if all are asleep.
    pub(crate) fn step(&self) -> bool {
        self.step_any(0)
    }

    /// Polls any of the tasks that are awake: 0 is the one that was woken first. False if all are asleep.
    pub(crate) fn step_any(&self, choice: usize) -> bool {
        let mut ready = self.ready.lock().unwrap();
        let index = choice % ready.len().max(1);
        let Some(id) = ready.remove(index) else {
            return false;
        };
        drop(ready);
        let task = &self.tasks[id];
        task.signal.awake.store(false, SeqCst);
        let mut body = task.body.borrow_mut();
        if let Some(future) = body.as_mut() {
            task.polls.set(task.polls.get() + 1);
            let waker = Waker::from(task.signal.clone());
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *body = None;
            }
        }
        true
    }

    /// Polls whoever is awake until all sleep.
    pub(crate) fn settle(&self) {
        for _ in 0..ENDLESS {
            if !self.step() {
                return;
            }
        }
        let awake: Vec<_> = self.ready.lock().unwrap().iter().map(|&id| self.tasks[id].name).collect();
        panic!("these tasks never rest: {awake:?}");
    }
}

/// A task as its test sees it. Dropping this does not stop it.
pub(crate) struct Task<'a, T> {
    body: Body<'a>,
    signal: Arc<Signal>,
    polls: Rc<Cell<usize>>,
    output: Rc<RefCell<Option<T>>>,
}

impl<T: Clone> Task<'_, T> {
    /// What it returned, if it has ended by itself.
    pub(crate) fn output(&self) -> Option<T> {
        self.output.borrow().clone()
    }
}

impl<T> Task<'_, T> {
    /// How often it was polled.
    pub(crate) fn polls(&self) -> usize {
        self.polls.get()
    }

    /// How often it was woken, since it began.
    pub(crate) fn wakes(&self) -> usize {
        self.signal.wakes.load(SeqCst)
    }

    /// Wakes it for no reason, as another branch of a `select` in the same task does.
    pub(crate) fn wake(&self) {
        self.signal.clone().wake();
    }

    /// Drops its future where it stands.
    pub(crate) fn cancel(&self) {
        let future = self.body.borrow_mut().take();
        assert!(future.is_some(), "nothing to cancel");
    }
}

/// A task of the highest priority: whoever wakes it is interrupted until it waits again. Executors that run in an
/// interrupt do this.
pub(crate) struct Urgent<T> {
    future: Mutex<Option<Pin<Box<dyn Future<Output = T> + Send>>>>,
    again: AtomicBool,
    output: Mutex<Option<T>>,
}

impl<T: Copy + Send + 'static> Urgent<T> {
    pub(crate) fn spawn(future: impl Future<Output = T> + Send + 'static) -> Arc<Self> {
        let task = Arc::new(Self {
            future: Mutex::new(Some(Box::pin(future))),
            again: AtomicBool::new(false),
            output: Mutex::new(None),
        });
        task.clone().wake();
        task
    }

    pub(crate) fn output(&self) -> Option<T> {
        *self.output.lock().unwrap()
    }
}

impl<T: Copy + Send + 'static> Wake for Urgent<T> {
    fn wake(self: Arc<Self>) {
        self.again.store(true, SeqCst);
        // Woken by itself: it goes on when it has come to an end.
        let Ok(mut future) = self.future.try_lock() else { return };
        let waker = Waker::from(self.clone());
        while self.again.swap(false, SeqCst) {
            let Some(present) = future.as_mut() else { return };
            if let std::task::Poll::Ready(value) = present.as_mut().poll(&mut Context::from_waker(&waker)) {
                *self.output.lock().unwrap() = Some(value);
                *future = None;
            }
        }
    }
}
