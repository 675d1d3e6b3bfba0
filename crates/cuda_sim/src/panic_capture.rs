//! Keeps panics of simulated threads off the terminal and remembers where they happened.
//!
//! A panic in a kernel becomes a [`Fault`](crate::Fault). The default hook would print each one to
//! stderr first, so a hook in front of it takes the panics of simulated threads; all others pass.

use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;
use std::thread;

use crate::context;
use crate::fault::SourceLine;

thread_local! {
    static LAST: RefCell<Option<SourceLine>> = const { RefCell::new(None) };
}

/// Installs the hook, once per process.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    // The hook cannot be replaced while unwinding. A later launch installs it then.
    if thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if context::is_simulated() {
                remember(info);
            } else {
                others(info);
            }
        }));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let line = info.location().map(|location| SourceLine {
        file: Cow::Owned(location.file().to_owned()),
        line: location.line(),
        column: location.column(),
    });
    LAST.set(line);
}

/// Where the last panic on this OS thread happened, if a simulated thread raised it.
pub(crate) fn take_location() -> Option<SourceLine> {
    LAST.take()
}

/// The message that a panic carries.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("the panic's payload is no text")
}
