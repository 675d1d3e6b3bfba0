//! `activation`: any activation of the [`Table`], gated or not, with biases, and with parameters of each expert.
//!
//! ```text
//! out[r, j] = act(gate[r, j] + gate_bias[j], up[r, j] + up_bias[j])      any of the last three may be missing
//! ```
//!
//! The kernels are named `activation_<dtype>_v<elements a thread moves at once>`. Memory-bound. [`SwigluBias`] has kernels of
//! its own, `swiglu_bias_<dtype>_v<elements>`, which want fewer registers than any activation does.

use core::marker::PhantomData;

use cuda_std::{kernel, unroll};
use half::{bf16, f16};

use super::function::{Activation, SwigluBias};
use super::rowwise::{Operands, Results, RowOperands, rowwise};
use super::table::{Parametrised, Table};
use crate::element::Element;
use crate::pack::{Loose, MAX_LEN, Pack, Words4};
use crate::rows::RowSet;

/// Rows of gates, and of what they gate; a null pointer is nothing.
#[derive(Clone, Copy)]
struct General<T, A> {
    gate: *const T,
    up: *const T,
    gate_stride: u64,
    up_stride: u64,
    gate_bias: *const T,
    up_bias: *const T,
    number: u32,
    parameters: [f32; 3],
    experts: Experts,
    activation: PhantomData<A>,
}

/// The parameters of experts, and whose rows are whose.
#[derive(Clone, Copy)]
struct Experts {
    /// Of each parameter, null or one value an expert.
    parameters: [*const f32; 3],
    /// Null, or where the rows of each expert begin and those of the last end.
    offsets: *const i32,
    count: u32,
    /// Rows of each, without `offsets`.
    rows: u32,
}

impl Experts {
    /// The parameters as they are for a row: its expert's.
    ///
    /// # Safety
    /// The pointers are null or hold `count` parameters, `offsets` one more.
    #[inline(always)]
    unsafe fn parameters(&self, common: [f32; 3], row: u32) -> [f32; 3] {
        if self.count == 0 {
            return common;
        }
        // SAFETY: the caller's contract.
        let expert = unsafe { self.of(row) } as usize;
        let parameter = |i: usize| match self.parameters[i].is_null() {
            true => common[i],
            // SAFETY: one an expert.
            false => unsafe { *self.parameters[i].add(expert) },
        };
        [parameter(0), parameter(1), parameter(2)]
    }

    /// The expert of a row: the last that begins at it or before, whatever the offsets hold.
    ///
    /// # Safety
    /// As [`parameters`](Self::parameters).
    #[inline(always)]
    unsafe fn of(&self, row: u32) -> u32 {
        if self.offsets.is_null() {
            // Checked, since a division by zero would be a call to a panic.
            let expert = row.checked_div(self.rows).unwrap_or(0);
            return expert.min(self.count - 1);
        }
        let (mut first, mut beyond) = (0, self.count);
        while beyond - first > 1 {
            let middle = (first + beyond) / 2;
            // SAFETY: less than `count`.
            if unsafe { *self.offsets.add(middle as usize) } <= row as i32 {
                first = middle;
            } else {
                beyond = middle;
            }
        }
        first
    }
}

impl<T: Element, A: Parametrised> Operands<T> for General<T, A> {
    type Row<P: Pack<T>> = GeneralRow<T, P, A>;

    #[inline(always)]
    unsafe fn row<P: Pack<T>>(&self, row: u32) -> GeneralRow<T, P, A> {
        let at = row as usize;
        // SAFETY: there is such a row, by the caller's contract; `up` is only used if it is not null.
        unsafe {
            GeneralRow {
                gate: self.gate.add(at * self.gate_stride as usize).cast(),
                up: self.up.wrapping_add(at * self.up_stride as usize).cast(),
                is_gated: !self.up.is_null(),
                gate_bias: self.gate_bias.cast(),
                up_bias: self.up_bias.cast(),
                activation: A::new(self.number, self.experts.parameters(self.parameters, row)),
                element: PhantomData,
            }
        }
    }
}

#[derive(Clone, Copy)]
struct GeneralRow<T, P, A> {
    gate: *const P,
    up: *const P,
    is_gated: bool,
    gate_bias: *const P,
    up_bias: *const P,
    activation: A,
    element: PhantomData<T>,
}

impl<T: Element, P: Pack<T>, A: Activation> RowOperands for GeneralRow<T, P, A> {
    type Out = P;
    type Loaded = [P; 2];

    #[inline(always)]
    unsafe fn load(&self, i: u32) -> [P; 2] {
        // SAFETY: the row has such a pack, by the caller's contract.
        unsafe {
            let gate = *self.gate.add(i as usize);
            match self.is_gated {
                true => [gate, *self.up.add(i as usize)],
                false => [gate, gate],
            }
        }
    }

    #[inline(always)]
    unsafe fn apply(&self, i: u32, [gate, up]: [P; 2]) -> P {
        // SAFETY: biases are as long as rows.
        let (gate, up) = unsafe {
            (
                biased::<T, P>(gate, self.gate_bias, i),
                biased::<T, P>(up, self.up_bias, i),
            )
        };
        P::pack(&self.activation.apply_all(P::LEN, &gate, &up))
    }
}

/// A pack, and what is added to it if there is a bias.
///
/// # Safety
/// `bias` is null or has a pack `i`.
#[inline(always)]
unsafe fn biased<T: Element, P: Pack<T>>(pack: P, bias: *const P, i: u32) -> [f32; MAX_LEN] {
    let mut lanes = pack.unpack();
    if !bias.is_null() {
        // SAFETY: the caller's contract.
        let bias = unsafe { *bias.add(i as usize) }.unpack();
        unroll!(lane < P::LEN => {
            lanes[lane] += bias[lane];
        });
    }
    lanes
}

macro_rules! general {
    ($activation:ty, $threads:literal, $blocks:literal; $($name:ident: $type:ty, $pack:ty, $batch:literal;)*) => { $(
        /// An activation; `number` is the [`Table`]'s of it, its parameters `first`, `second` and `third`, or
        /// those of the row's expert. `up` is null where there are no gates; see [`RowSet`] for which rows exist.
        ///
        /// # Safety
        /// The rows are there, aligned to the pack, and the biases too, or null; `d`, less than 2^31, and the strides
        /// are multiples of its length. Nothing else uses `out`. The pointers of the row set are null or valid.
        /// With `experts`, the pointers to parameters are null or hold as many, and `offsets` is null, in which
        /// case `rows_per_expert` is not 0, or holds one more.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks), dependent)]
        pub unsafe fn $name(
            gate: *const $type,
            up: *const $type,
            out: *mut $type,
            d: u32,
            rows: u32,
            gate_stride: u64,
            up_stride: u64,
            out_stride: u64,
            n_used: *const u32,
            map: *const i32,
            counts: *const i32,
            rows_per_group: u32,
            gate_bias: *const $type,
            up_bias: *const $type,
            number: u32,
            first: f32,
            second: f32,
            third: f32,
            firsts: *const f32,
            seconds: *const f32,
            thirds: *const f32,
            offsets: *const i32,
            experts: u32,
            rows_per_expert: u32,
        ) {
            let set = RowSet { rows, n_used, map, counts, rows_per_group };
            let results = Results { set, out, stride: out_stride, d };
            let operands = General {
                gate,
                up,
                gate_stride,
                up_stride,
                gate_bias,
                up_bias,
                number,
                parameters: [first, second, third],
                experts: Experts {
                    parameters: [firsts, seconds, thirds],
                    offsets,
                    count: experts,
                    rows: rows_per_expert,
                },
                activation: PhantomData::<$activation>,
            };
            // SAFETY: the kernel's contract is the body's.
            unsafe { rowwise::<$type, $pack, $batch>(results, operands) }
        }
    )* };
}

// Registers bound how many threads a multiprocessor has, and rows of many lengths divide into rounds of smaller blocks better.

general! {
    Table, 256, 5;
    activation_bf16_v8: bf16, Words4, 1;
    activation_f16_v8: f16, Words4, 1;
    activation_f32_v4: f32, Words4, 1;
    activation_bf16_v1: bf16, Loose<bf16>, 1;
    activation_f16_v1: f16, Loose<f16>, 1;
    activation_f32_v1: f32, Loose<f32>, 1;
}

general! {
    SwigluBias, 384, 4;
    swiglu_bias_bf16_v8: bf16, Words4, 1;
    swiglu_bias_f16_v8: f16, Words4, 1;
    swiglu_bias_f32_v4: f32, Words4, 1;
}

general! {
    SwigluBias, 256, 6;
    swiglu_bias_bf16_v1: bf16, Loose<bf16>, 1;
    swiglu_bias_f16_v1: f16, Loose<f16>, 1;
    swiglu_bias_f32_v1: f32, Loose<f32>, 1;
}
