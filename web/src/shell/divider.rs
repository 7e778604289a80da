//! A line between two zones that moves by pointer and by keyboard.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent};

use crate::keep;

/// Which way the line runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Axis {
    /// Between left and right; `size` is the width of what is left of it.
    Vertical,
    /// Between top and bottom; `size` is the height of what is below it.
    Horizontal,
}

/// Moves by this much (in rem) on an arrow key.
const STEP: f64 = 1.0;

#[component]
pub fn Divider(
    axis: Axis,
    size: RwSignal<f64>,
    name: &'static str,
    label: &'static str,
    range: (f64, f64),
) -> impl IntoView {
    let set = move |value: f64| size.set(value.clamp(range.0, range.1));
    let moving = RwSignal::new(false);
    let start = move |event: PointerEvent| {
        if let Some(target) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            // Without capture the line follows only as long as the pointer is on it.
            let _ = target.set_pointer_capture(event.pointer_id());
        }
        moving.set(true);
    };
    let follow = move |event: PointerEvent| {
        if moving.get_untracked() {
            let pixels = match axis {
                Axis::Vertical => f64::from(event.client_x()),
                Axis::Horizontal => window_height() - f64::from(event.client_y()),
            };
            set(pixels / rem());
        }
    };
    let stop = move |_| {
        moving.set(false);
        keep::set(name, &size.get_untracked().to_string());
    };
    let press = move |event: KeyboardEvent| {
        let change = match (axis, event.key().as_str()) {
            (Axis::Vertical, "ArrowLeft") | (Axis::Horizontal, "ArrowDown") => -STEP,
            (Axis::Vertical, "ArrowRight") | (Axis::Horizontal, "ArrowUp") => STEP,
            (_, "Home") => range.0 - range.1,
            (_, "End") => range.1 - range.0,
            _ => return,
        };
        event.prevent_default();
        set(size.get_untracked() + change);
        keep::set(name, &size.get_untracked().to_string());
    };
    let orientation = match axis {
        Axis::Vertical => "vertical",
        Axis::Horizontal => "horizontal",
    };
    view! {
        <div
            class=format!("divider {orientation}")
            class:moving=move || moving.get()
            role="separator"
            tabindex="0"
            aria-orientation=orientation
            aria-label=label
            aria-valuenow=move || format!("{:.0}", size.get())
            aria-valuemin=range.0.to_string()
            aria-valuemax=range.1.to_string()
            on:pointerdown=start
            on:pointermove=follow
            on:pointerup=stop
            on:keydown=press
        ></div>
    }
}

fn window_height() -> f64 {
    window()
        .inner_height()
        .ok()
        .and_then(|height| height.as_f64())
        .unwrap_or(800.0)
}

/// Pixels of one rem.
fn rem() -> f64 {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let size = style.and_then(|style| style.get_property_value("font-size").ok());
    size.and_then(|size| size.trim_end_matches("px").parse().ok())
        .unwrap_or(16.0)
}
