//! Requests to the worker and their replies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use futures_channel::oneshot::{Sender, channel};
use kumquat_protocol::message::{Numbered, Reply, Request};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use super::Assets;

/// A worker that can be replaced by a fresh one.
pub struct Client {
    address: String,
    worker: RefCell<Option<Worker>>,
    next: Cell<u32>,
    shared: Rc<Shared>,
    on_message: Closure<dyn Fn(MessageEvent)>,
}

type Listener = Rc<dyn Fn(Reply)>;

#[derive(Default)]
struct Shared {
    waiting: RefCell<BTreeMap<u32, Sender<Reply>>>,
    listener: RefCell<Option<Listener>>,
}

impl Client {
    pub fn new(assets: &Assets) -> Client {
        let shared = Rc::new(Shared::default());
        let receiver = Rc::clone(&shared);
        let client = Client {
            address: format!("{}worker.js?bytes={}", assets.base, assets.engine_bytes),
            worker: RefCell::new(None),
            next: Cell::new(1),
            shared,
            on_message: Closure::new(move |event: MessageEvent| receiver.receive(&event)),
        };
        client.replace();
        client
    }

    /// Hears every reply that ends no request.
    pub fn listen(&self, listener: impl Fn(Reply) + 'static) {
        self.shared.listener.replace(Some(Rc::new(listener)));
    }

    /// Ends the worker, leaves its requests unanswered, and starts a fresh one.
    pub fn replace(&self) {
        if let Some(worker) = self.worker.borrow_mut().take() {
            worker.set_onmessage(None);
            worker.terminate();
        }
        self.shared.waiting.borrow_mut().clear();
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        if let Ok(worker) = Worker::new_with_options(&self.address, &options) {
            worker.set_onmessage(Some(self.on_message.as_ref().unchecked_ref()));
            self.worker.replace(Some(worker));
        }
    }

    /// Sends a request. The answer is none if the worker was replaced before it came.
    pub fn request(&self, request: &Request) -> impl Future<Output = Option<Reply>> + use<> {
        let id = self.next.replace(self.next.get() + 1);
        let (sender, receiver) = channel();
        if self.post(&Numbered { id, body: request }) {
            self.shared.waiting.borrow_mut().insert(id, sender);
        }
        async move { receiver.await.ok() }
    }

    fn post<T: Serialize>(&self, message: &T) -> bool {
        let worker = self.worker.borrow();
        match (worker.as_ref(), serde_wasm_bindgen::to_value(message)) {
            (Some(worker), Ok(message)) => worker.post_message(&message).is_ok(),
            _ => false,
        }
    }
}

impl Shared {
    fn receive(&self, event: &MessageEvent) {
        let Ok(Numbered { id, body }) = serde_wasm_bindgen::from_value(event.data()) else {
            return;
        };
        match body {
            Reply::Loading { .. } | Reply::Trapped { .. } | Reply::Statement { .. } | Reply::Replayed { .. } => {
                // The listener may replace the worker, and so come back here.
                let listener = self.listener.borrow().clone();
                if let Some(listener) = listener {
                    listener(body);
                }
            }
            last => {
                if let Some(sender) = self.waiting.borrow_mut().remove(&id) {
                    // Nobody may be waiting any more.
                    let _ = sender.send(last);
                }
            }
        }
    }
}
