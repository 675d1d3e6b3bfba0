//! `silu_and_mul`, `gelu_and_mul`, `gelu_tanh_and_mul`, `squared_relu`: `out = act(gate) * up`, or `act(gate)`,
//! computed in `f32` and rounded once.
//!
//! The kernels are named `<activation>_<dtype>_v<elements a thread moves at once>`. Memory-bound: three elements of
//! traffic an output element, and two special-function instructions.

use core::marker::PhantomData;

use cuda_std::kernel;
use half::{bf16, f16};

use super::function::{Activation, Gelu, GeluTanh, Silu, SquaredRelu};
use super::rowwise::{Operands, Results, RowOperands, rowwise};
use crate::element::Element;
use crate::pack::{Loose, MAX_LEN, Pack, Single, Words1, Words2, Words4};
use crate::rows::RowSet;

/// Rows of gates, and of what they gate.
#[derive(Clone, Copy)]
struct Gated<T, A> {
    gate: *const T,
    up: *const T,
    gate_stride: u64,
    up_stride: u64,
    activation: A,
}

impl<T: Element, A: Activation> Operands<T> for Gated<T, A> {
    type Row<P: Pack<T>> = GatedRow<T, P, A>;

    #[inline(always)]
    unsafe fn row<P: Pack<T>>(&self, row: u32) -> GatedRow<T, P, A> {
        let row = row as usize;
        // SAFETY: there is such a row, by the caller's contract; `up` is used only where something is gated.
        unsafe {
            GatedRow {
                gate: self.gate.add(row * self.gate_stride as usize).cast(),
                up: self.up.wrapping_add(row * self.up_stride as usize).cast(),
                activation: self.activation,
                element: PhantomData,
            }
        }
    }
}

#[derive(Clone, Copy)]
struct GatedRow<T, P, A> {
    gate: *const P,
    up: *const P,
    activation: A,
    element: PhantomData<T>,
}

impl<T: Element, P: Pack<T>, A: Activation> RowOperands for GatedRow<T, P, A> {
    type Out = P;
    type Loaded = [P; 2];

    #[inline(always)]
    unsafe fn load(&self, i: u32) -> [P; 2] {
        // SAFETY: the row has such a pack, by the caller's contract.
        unsafe {
            let gate = *self.gate.add(i as usize);
            match A::IS_GATED {
                true => [gate, *self.up.add(i as usize)],
                false => [gate, gate],
            }
        }
    }

    #[inline(always)]
    unsafe fn apply(&self, _: u32, loaded: [P; 2]) -> P {
        let [gate, up]: [[f32; MAX_LEN]; 2] = [loaded[0].unpack(), loaded[1].unpack()];
        P::pack(&self.activation.apply_all(P::LEN, &gate, &up))
    }
}

macro_rules! gated {
    ($threads:literal, $blocks:literal; $($name:ident: $type:ty, $pack:ty, $batch:literal, $activation:expr;)*) => { $(
        /// `out = act(gate) * up`, or `act(gate)`, of the rows that exist; see [`RowSet`] for which these are.
        ///
        /// # Safety
        /// The rows are there, but for `up` where nothing is gated, aligned to the pack; `d`, less than 2^31, and the strides are multiples of its length.
        /// Nothing else uses `out`. The pointers of the row set are null or valid.
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
        ) {
            let set = RowSet { rows, n_used, map, counts, rows_per_group };
            let results = Results { set, out, stride: out_stride, d };
            let operands = Gated { gate, up, gate_stride, up_stride, activation: $activation };
            // SAFETY: the kernel's contract is the body's.
            unsafe { rowwise::<$type, $pack, $batch>(results, operands) }
        }
    )* };
}

// Registers bound how many threads a multiprocessor has, and rows of many lengths divide into rounds of smaller blocks better.

gated! {
    512, 4;
    silu_and_mul_bf16_v8: bf16, Words4, 1, Silu;
    silu_and_mul_f16_v8: f16, Words4, 1, Silu;
    silu_and_mul_f32_v4: f32, Words4, 1, Silu;
    silu_and_mul_f32_v2: f32, Words2, 2, Silu;
    silu_and_mul_f32_v1: f32, Words1, 4, Silu;

    gelu_and_mul_f32_v4: f32, Words4, 1, Gelu;
    gelu_and_mul_f32_v2: f32, Words2, 2, Gelu;
    gelu_and_mul_f32_v1: f32, Words1, 4, Gelu;

    gelu_tanh_and_mul_bf16_v8: bf16, Words4, 1, GeluTanh;
    gelu_tanh_and_mul_f16_v8: f16, Words4, 1, GeluTanh;
    gelu_tanh_and_mul_f32_v4: f32, Words4, 1, GeluTanh;
    gelu_tanh_and_mul_f32_v2: f32, Words2, 2, GeluTanh;

    squared_relu_bf16_v8: bf16, Words4, 2, SquaredRelu;
    squared_relu_bf16_v1: bf16, Loose<bf16>, 1, SquaredRelu;
    squared_relu_f16_v8: f16, Words4, 2, SquaredRelu;
    squared_relu_f16_v1: f16, Loose<f16>, 1, SquaredRelu;
    squared_relu_f32_v4: f32, Words4, 2, SquaredRelu;
    squared_relu_f32_v1: f32, Words1, 4, SquaredRelu;
}

// With 32 registers the compiler moves the load of what the exact GELU gates behind the computation of the gates.
gated! {
    384, 4;
    gelu_and_mul_bf16_v8: bf16, Words4, 1, Gelu;
    gelu_and_mul_f16_v8: f16, Words4, 1, Gelu;
}

// It does so of loose elements too, so that those of both GELU are far from each other.
gated! {
    384, 5;
    gelu_and_mul_bf16_v1: bf16, Single<bf16>, 4, Gelu;
    gelu_and_mul_f16_v1: f16, Single<f16>, 4, Gelu;
}

gated! {
    512, 3;
    silu_and_mul_bf16_v1: bf16, Single<bf16>, 8, Silu;
    silu_and_mul_f16_v1: f16, Single<f16>, 8, Silu;
    gelu_tanh_and_mul_bf16_v1: bf16, Single<bf16>, 8, GeluTanh;
    gelu_tanh_and_mul_f16_v1: f16, Single<f16>, 8, GeluTanh;
    gelu_tanh_and_mul_f32_v1: f32, Words1, 8, GeluTanh;
}

gated! {
    256, 6;
    silu_and_mul_bf16_v4: bf16, Words2, 2, Silu;
    silu_and_mul_f16_v4: f16, Words2, 2, Silu;
    gelu_and_mul_bf16_v4: bf16, Words2, 2, Gelu;
    gelu_and_mul_f16_v4: f16, Words2, 2, Gelu;
    gelu_tanh_and_mul_bf16_v4: bf16, Words2, 2, GeluTanh;
    gelu_tanh_and_mul_f16_v4: f16, Words2, 2, GeluTanh;
}
