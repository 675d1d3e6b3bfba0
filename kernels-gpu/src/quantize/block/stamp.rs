//! The kernels' faces: each macro makes kernels of one signature, for any format and element.

/// Quantisers of memory by an MX format.
macro_rules! mx_quantizers {
    ($format:expr; $($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Quantises rows of memory; the arguments are those of [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, whose blocks are whole warps, and aligned as a wide kernel wants
        /// it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512), dependent)]
        pub unsafe fn $name(
            x: *const $type, x_stride: u64, data: *mut u8, data_stride: u64, scales: *mut u8,
            matrices: u32, rows: u32, columns: u32, layout: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let source = Plain { x, stride: x_stride };
            let data = Data::<$wide> { data, stride: data_stride, columns };
            let grids = Grids::new(scales, layout, matrices, rows, columns / 32);
            let set = RowSet { rows: matrices * rows, n_used, map, counts, rows_per_group: rows };
            // SAFETY: the kernel's contract is the body's.
            unsafe { quantize(source, $format, data, grids, |row| flags & EVERY != 0 || set.exists(row)) }
        }
    )* };
}

/// Quantisers of an activation by an MX format.
macro_rules! mx_activated {
    ($format:expr, $activation:ty; $($name:ident: $type:ty, $value:ty, $wide:ident;)*) => { $(
        /// Quantises an activation of rows; the arguments are those of [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, whose blocks are whole warps, and aligned as a wide kernel wants
        /// it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512), dependent)]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            number: u32, first: f32, second: f32, third: f32,
            data: *mut u8, data_stride: u64, scales: *mut u8,
            matrices: u32, rows: u32, columns: u32, layout: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let activation = <$activation>::new(number, [first, second, third]);
            let source = Activated { gate, up, stride: x_stride, activation, value: PhantomData::<$value> };
            let data = Data::<$wide> { data, stride: data_stride, columns };
            let grids = Grids::new(scales, layout, matrices, rows, columns / 32);
            let set = RowSet { rows: matrices * rows, n_used, map, counts, rows_per_group: rows };
            // SAFETY: the kernel's contract is the body's.
            unsafe { quantize(source, $format, data, grids, |row| flags & EVERY != 0 || set.exists(row)) }
        }
    )* };
}

/// Dequantisers of an MX format.
macro_rules! mx_dequantizers {
    ($format:expr; $($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Writes the elements that codes and scales stand for; the arguments are those of [`block`](crate::quantize::block).
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(512), dependent)]
        pub unsafe fn $name(
            data: *const u8, data_stride: u64, scales: *const u8, out: *mut $type, out_stride: u64,
            matrices: u32, rows: u32, columns: u32, layout: u32,
        ) {
            let data = Data::<$wide> { data: data.cast_mut(), stride: data_stride, columns };
            let grids = Grids::new(scales.cast_mut(), layout, matrices, rows, columns / 32);
            let to = Out { out, stride: out_stride };
            // SAFETY: the kernel's contract is the body's, which writes neither data nor scales.
            unsafe { dequantize($format, data, grids, to) }
        }
    )* };
}

pub(super) use {mx_activated, mx_dequantizers, mx_quantizers};
