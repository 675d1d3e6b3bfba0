//! Launching an activation over rows, as the public operations and the MoE layer do.

use std::ptr::null;

use super::element::{Function, FunctionArgs, GatedElement, GeneralArgs};
use crate::device::{LaunchConfig, Stream};
use crate::error::Result;
use crate::heuristics::activation::{batch, pack_or_single, plan, vector_width};
use crate::heuristics::rows::RowPlan;
use crate::quantize::rows::RowPointers;

/// Rows of gates, of what they gate and of results; strides in elements.
pub(crate) struct ActivationRows<T> {
    pub gate: *const T,
    /// Null where nothing is gated.
    pub up: *const T,
    pub out: *mut T,
    pub rows: usize,
    pub d: usize,
    pub gate_stride: usize,
    pub up_stride: usize,
    pub out_stride: usize,
    /// Which of the rows exist.
    pub live: RowPointers,
    /// Rows that share one of the counts in `live`.
    pub rows_per_group: usize,
}

/// What only the kernels of any activation take.
pub(super) struct General<T> {
    /// As long as rows, or null.
    pub gate_bias: *const T,
    pub up_bias: *const T,
    pub number: u32,
    pub parameters: [f32; 3],
    pub experts: Experts,
}

/// Parameters of experts.
#[derive(Clone, Copy)]
pub(super) struct Experts {
    /// One an expert, or null.
    pub parameters: [*const f32; 3],
    /// One more than there are experts, or null.
    pub offsets: *const i32,
    pub count: usize,
    /// Where there are no offsets.
    pub rows_per_expert: usize,
}

impl Experts {
    /// The same parameters everywhere.
    pub(super) const NONE: Self = Self {
        parameters: [null(); 3],
        offsets: null(),
        count: 0,
        rows_per_expert: 1,
    };
}

impl<T: GatedElement> ActivationRows<T> {
    fn is_empty(&self) -> bool {
        self.rows == 0 || self.d == 0
    }

    /// Elements that a thread can move at once, where `others` are addresses too.
    fn width(&self, others: &[usize]) -> usize {
        let counts = [self.d, self.gate_stride, self.up_stride, self.out_stride];
        let addresses = [self.gate as usize, self.up as usize, self.out as usize];
        let own = vector_width(size_of::<T>(), &counts, &addresses);
        let width = own.min(vector_width(size_of::<T>(), &[], others));
        pack_or_single(size_of::<T>(), width)
    }

    /// The launch of threads that each move `batch` times `width` elements, in blocks of `most` at most.
    fn config(&self, stream: &Stream, width: usize, batch: usize, most: u32) -> LaunchConfig {
        let vectors = (self.d / width).div_ceil(batch);
        let multiprocessors = stream.device().multiprocessors();
        let RowPlan { threads, chunks } = plan(self.rows, vectors, most, multiprocessors);
        LaunchConfig::new((self.rows as u32, chunks), threads)
    }
}

/// What a thread of a kernel for 16 bytes or one element moves at once, and how many such it loads before it uses the
/// first; `wide` of those of 16 bytes.
fn wide_or_single<T>(width: usize, wide: usize) -> (usize, usize) {
    if width * size_of::<T>() == 16 {
        (width, wide)
    } else {
        (1, 4)
    }
}

/// `out = act(gate) * up`, or `act(gate)`, on the kernels. The caller has checked that `rows` and `d` are less than 2^31.
///
/// # Safety
/// The memory is the stream's device's, of these shapes, and in the stream's order.
pub(crate) unsafe fn function_rows<T: GatedElement>(
    stream: &Stream,
    it: &ActivationRows<T>,
    function: Function,
) -> Result<()> {
    if it.is_empty() {
        return Ok(());
    }
    let (width, batch) = match (function, it.width(&[])) {
        (Function::SquaredRelu, width) => wide_or_single::<T>(width, 2),
        // Its kernels of single elements have registers for as many.
        (Function::GeluTanh, 1) => (1, 8),
        (_, width) => (width, batch(width * size_of::<T>())),
    };
    let kernel = T::function(function, width);
    let config = it.config(stream, width, batch, kernel.bounds().max_threads);
    // SAFETY: the shapes are the caller's promise, alignment and divisibility are what `width` was chosen by.
    unsafe { stream.launch(kernel, config, function_args(it)) }
}

/// The arguments, in the kernels' order.
fn function_args<T>(it: &ActivationRows<T>) -> FunctionArgs<T> {
    let (n_used, map, counts) = it.live;
    (
        it.gate,
        it.up,
        it.out,
        it.d as u32,
        it.rows as u32,
        it.gate_stride as u64,
        it.up_stride as u64,
        it.out_stride as u64,
        n_used,
        map,
        counts,
        it.rows_per_group as u32,
    )
}

/// Any activation on the kernels. The caller has checked that `rows` and `d` are less than 2^31.
///
/// # Safety
/// As [`function_rows`], and of the parameters too.
pub(super) unsafe fn general_rows<T: GatedElement>(
    stream: &Stream,
    it: &ActivationRows<T>,
    general: &General<T>,
) -> Result<()> {
    if it.is_empty() {
        return Ok(());
    }
    let width = it.width(&[general.gate_bias as usize, general.up_bias as usize]);
    let (width, batch) = wide_or_single::<T>(width, 1);
    let kernel = T::general(general.number, width > 1);
    let config = it.config(stream, width, batch, kernel.bounds().max_threads);
    let args = general_args(it, general);
    // SAFETY: as in `function_rows`; the kernel's width is one or what was chosen.
    unsafe { stream.launch(kernel, config, args) }
}

/// The arguments, in the kernels' order.
fn general_args<T>(it: &ActivationRows<T>, general: &General<T>) -> GeneralArgs<T> {
    let (n_used, map, counts) = it.live;
    let [first, second, third] = general.parameters;
    let experts = &general.experts;
    let [firsts, seconds, thirds] = experts.parameters;
    (
        it.gate,
        it.up,
        it.out,
        it.d as u32,
        it.rows as u32,
        it.gate_stride as u64,
        it.up_stride as u64,
        it.out_stride as u64,
        n_used,
        map,
        counts,
        it.rows_per_group as u32,
        general.gate_bias,
        general.up_bias,
        general.number,
        first,
        second,
        third,
        firsts,
        seconds,
        thirds,
        experts.offsets,
        experts.count as u32,
        experts.rows_per_expert as u32,
    )
}
