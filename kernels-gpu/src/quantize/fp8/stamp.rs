//! The quantisers' faces: kernels of one signature, of any body, source and element.

/// Quantisers of memory, of blocks of so many threads at most, so many of which a multiprocessor holds at least.
macro_rules! quantizers {
    ($body:ident, $threads:literal, $blocks:literal; $($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Quantises rows; the arguments are those of [`fp8`](crate::quantize::fp8).
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide;
        /// blocks are those that the file says.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks), dependent)]
        pub unsafe fn $name(
            x: *const $type, x_stride: u64, data: *mut u8, data_stride: u64,
            scales: *mut f32, matrix_step: u64, row_step: u32, column_step: u32, grid_rows: u32,
            matrices: u32, rows: u32, columns: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let source = Plain { x, stride: x_stride };
            let grid = Grid { scales, matrix_step, row_step, column_step, rows: grid_rows };
            let job = Job::new((data, data_stride), grid, (matrices, rows, flags), (n_used, map, counts));
            let octets = Octets::<_, $wide> { source, columns };
            // SAFETY: the kernel's contract is the body's.
            unsafe { $body(octets, job) }
        }
    )* };
}

/// Quantisers of an activation, of blocks as those of memory.
macro_rules! activated {
    ($body:ident, $threads:literal, $blocks:literal, $activation:ty; $($name:ident: $type:ty, $wide:ident;)*) => { $(
        /// Quantises an activation of rows; the arguments are those of [`fp8`](crate::quantize::fp8).
        ///
        /// # Safety
        /// The memory is there for the launched grid, and aligned as a wide kernel wants it, if the kernel is wide;
        /// blocks are those that the file says.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds($threads, $blocks), dependent)]
        pub unsafe fn $name(
            gate: *const $type, up: *const $type, x_stride: u64,
            number: u32, first: f32, second: f32, third: f32,
            data: *mut u8, data_stride: u64,
            scales: *mut f32, matrix_step: u64, row_step: u32, column_step: u32, grid_rows: u32,
            matrices: u32, rows: u32, columns: u32, flags: u32,
            n_used: *const u32, map: *const i32, counts: *const i32,
        ) {
            let activation = <$activation>::new(number, [first, second, third]);
            let source = Activated { gate, up, stride: x_stride, activation, value: PhantomData::<$type> };
            let grid = Grid { scales, matrix_step, row_step, column_step, rows: grid_rows };
            let job = Job::new((data, data_stride), grid, (matrices, rows, flags), (n_used, map, counts));
            let octets = Octets::<_, $wide> { source, columns };
            // SAFETY: the kernel's contract is the body's.
            unsafe { $body(octets, job) }
        }
    )* };
}

pub(super) use {activated, quantizers};
