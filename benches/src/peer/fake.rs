//! The library's functions, played: they record what they are told, so that the binding is tested without a GPU.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{c_char, c_int, c_void};

use super::ffi::{Algorithm, Api, SUCCESS, Status, Suggestion};

/// `CUBLAS_STATUS_INVALID_VALUE`.
const INVALID_VALUE: Status = 7;

/// An object's arguments, and its attributes by number.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// What it was made with.
    pub arguments: Vec<i64>,
    /// What was set.
    pub attributes: BTreeMap<i32, i64>,
}

/// A call of the product: its objects as they were, and its addresses.
#[derive(Debug, Default)]
pub struct Call {
    /// The operation, then the layouts of `A`, `B`, `C` and `D`.
    pub objects: Vec<Object>,
    /// The operands in that order, then workspace, its size, stream.
    pub addresses: Vec<usize>,
}

/// All that happened, and what is to happen.
#[derive(Default)]
pub struct State {
    /// Objects that are alive, handles included.
    pub alive: BTreeMap<usize, Object>,
    /// Products.
    pub calls: Vec<Call>,
    /// What the heuristics answer, and with it, suggestions: their states and workspaces.
    pub answer: (Status, Vec<(Status, usize)>),
    /// What products answer.
    pub product: Status,
    made: usize,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

/// Looks at the state, or sets it.
pub fn state<R>(look: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(look)
}

/// The functions, with nothing having happened.
pub fn api() -> Api {
    state(|it| *it = State::default());
    Api {
        create,
        destroy,
        version,
        status_text,
        matmul_create,
        matmul_set: set,
        matmul_destroy: destroy,
        layout_create,
        layout_set: set,
        layout_destroy: destroy,
        preference_create: create,
        preference_set: set,
        preference_destroy: destroy,
        heuristic,
        matmul,
    }
}

fn make(place: *mut *mut c_void, arguments: &[i64]) -> Status {
    let id = state(|it| {
        it.made += 1;
        let arguments = arguments.to_vec();
        let attributes = BTreeMap::new();
        it.alive.insert(
            it.made,
            Object {
                arguments,
                attributes,
            },
        );
        it.made
    });
    // SAFETY: the binding passes a place for a pointer.
    unsafe { place.write(id as *mut c_void) };
    SUCCESS
}

fn object(pointer: *mut c_void) -> Object {
    state(|it| it.alive.get(&(pointer as usize)).cloned()).unwrap_or_default()
}

unsafe extern "C" fn create(place: *mut *mut c_void) -> Status {
    make(place, &[])
}

unsafe extern "C" fn matmul_create(
    place: *mut *mut c_void,
    compute: c_int,
    scale: c_int,
) -> Status {
    make(place, &[compute.into(), scale.into()])
}

unsafe extern "C" fn layout_create(
    place: *mut *mut c_void,
    element: c_int,
    rows: u64,
    columns: u64,
    leading: i64,
) -> Status {
    make(
        place,
        &[element.into(), rows as i64, columns as i64, leading],
    )
}

unsafe extern "C" fn destroy(pointer: *mut c_void) -> Status {
    let known = state(|it| it.alive.remove(&(pointer as usize))).is_some();
    if known { SUCCESS } else { INVALID_VALUE }
}

unsafe extern "C" fn set(
    pointer: *mut c_void,
    attribute: c_int,
    value: *const c_void,
    bytes: usize,
) -> Status {
    // SAFETY: the binding passes a value of this many bytes.
    let value = unsafe {
        match bytes {
            1 => i64::from(value.cast::<i8>().read()),
            4 => i64::from(value.cast::<i32>().read()),
            8 => value.cast::<i64>().read(),
            _ => return INVALID_VALUE,
        }
    };
    state(|it| match it.alive.get_mut(&(pointer as usize)) {
        Some(object) => {
            object.attributes.insert(attribute, value);
            SUCCESS
        }
        None => INVALID_VALUE,
    })
}

unsafe extern "C" fn version() -> usize {
    120_901
}

unsafe extern "C" fn status_text(_: Status) -> *const c_char {
    c"played status".as_ptr()
}

unsafe extern "C" fn heuristic(
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    _: *mut c_void,
    most: c_int,
    suggestions: *mut Suggestion,
    found: *mut c_int,
) -> Status {
    let (status, answer) = state(|it| it.answer.clone());
    let given = answer.into_iter().take(most as usize);
    let mut count = 0;
    for (index, (state, workspace_bytes)) in given.enumerate() {
        let mut suggestion = Suggestion::default();
        (suggestion.state, suggestion.workspace_bytes) = (state, workspace_bytes);
        // SAFETY: there is room for `most`.
        unsafe { suggestions.add(index).write(suggestion) };
        count += 1;
    }
    // SAFETY: the binding passes a place for a number.
    unsafe { found.write(count) };
    status
}

unsafe extern "C" fn matmul(
    _: *mut c_void,
    operation: *mut c_void,
    _: *const c_void,
    a: *const c_void,
    a_layout: *mut c_void,
    b: *const c_void,
    b_layout: *mut c_void,
    _: *const c_void,
    c: *const c_void,
    c_layout: *mut c_void,
    d: *mut c_void,
    d_layout: *mut c_void,
    _: *const Algorithm,
    workspace: *mut c_void,
    workspace_bytes: usize,
    stream: *mut c_void,
) -> Status {
    let objects = [operation, a_layout, b_layout, c_layout, d_layout]
        .map(object)
        .to_vec();
    let operands = [a as usize, b as usize, c as usize, d as usize];
    let rest = [workspace as usize, workspace_bytes, stream as usize];
    let addresses = [&operands[..], &rest[..]].concat();
    state(|it| {
        it.calls.push(Call { objects, addresses });
        it.product
    })
}
