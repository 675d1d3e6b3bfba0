//! A scale a column of a matrix whose columns a cluster holds, strip after strip: `fp8_quantize_per_column_stream_<dtype>`.
//!
//! ```text
//! cluster b of B   strips b, b + B, .. of all matrices' strips, of [`STRIP_BYTES`] a row
//! block k of K     stages k S .. k S + S of a strip, of [`STAGE_ROWS`] rows each          S up to [`MOST_STAGES`]
//! thread (c, r)    octet c of the strip in some rows of each stage                        block_dim = [`stream_threads`]
//! a warp more      its first thread loads
//!
//!         tensor copies        registers, then the stage is free        codes
//! memory ──────────────▶ ring ───────────────────────────────────▶ kept ─────▶ memory
//!                                  the largest magnitudes ─▶ cluster ─▶ scales ─┘
//! ```
//!
//! Memory is read once. While a cluster finds the largest magnitudes of a strip and writes its codes, the copies of those that
//! follow are under way, as much as the ring holds: several times what a multiprocessor must have under way to be served
//! at the memory's speed (33 KB, at 4.3 TB/s and a microsecond). A strip itself is in registers then, not in the ring.
//!
//! Copies make rows past a matrix's last zeros, which change no largest magnitude. Rows are swizzled by 128 bytes, so that
//! no two of eight neighbouring threads read the same banks, of elements of two bytes or of four.
//!
//! A block has [`STREAM_BYTES`] of shared memory, and a multiprocessor to itself. All rows exist, and are whole pairs of octets.
//!
//! [`stream_threads`]: super::stream_threads
//! [`STREAM_BYTES`]: super::STREAM_BYTES

use core::marker::PhantomData;

use cuda_std::shared::Shared;
use cuda_std::tma::{self, TensorMap};
use cuda_std::{cluster, kernel, thread, unroll, warp};
use half::{bf16, f16};

use super::exchange::Exchange;
use super::plan::{
    EXCHANGE, Kept, MOST_STAGES, STAGE_BYTES, STAGE_ROWS, STAGES, STRIP_BYTES, THREADS, octets,
    ring, stage,
};
use super::slots;
use crate::divide::divide;
use crate::element::Element;
use crate::octet::{OCTET, Octet, RawOctet, max_magnitudes};
use crate::pack::Words4;
use crate::quantize::fp8::grid::{Grid, Job};
use crate::quantize::fp8::strip::Strip;
use crate::quantize::kind::WIDE;
use crate::ring::Place;

macro_rules! streams {
    ($($name:ident: $type:ty;)*) => { $(
        /// `data[r, c] = code of x[r, c]` by `scales[c]`, in each of the matrices; the arguments after `x` are those of
        /// [`fp8`](crate::quantize::fp8).
        ///
        /// # Safety
        /// - Clusters of blocks, and blocks, are those above.
        /// - `x` is a map of `[matrices, rows, columns]` in boxes of [`STAGE_ROWS`] rows of [`STRIP_BYTES`], swizzled by 128
        ///   bytes.
        /// - `data` and `data_stride` are multiples of 16; `scales` are `[matrices, columns]`.
        #[allow(clippy::too_many_arguments)]
        #[kernel(launch_bounds(544, 1), dependent)]
        pub unsafe fn $name(
            x: cuda_std::grid_constant::GridConstant<TensorMap>, data: *mut u8, data_stride: u64, scales: *mut f32,
            matrices: u32, rows: u32, columns: u32, flags: u32,
        ) {
            let matrix_step = u64::from(columns);
            let grid = Grid { scales, matrix_step, row_step: 0, column_step: 1, rows: 1 };
            let all = (core::ptr::null(), core::ptr::null(), core::ptr::null());
            let job = Job::new((data, data_stride), grid, (matrices, rows, flags), all);
            // SAFETY: the kernel's contract is the body's.
            unsafe { Stream::<$type>::new(columns, job).run(&raw const *x) }
        }
    )* };
}

streams! {
    fp8_quantize_per_column_stream_bf16: bf16;
    fp8_quantize_per_column_stream_f16: f16;
    fp8_quantize_per_column_stream_f32: f32;
}

/// A cluster's strips, and the block's rows of each.
#[derive(Clone, Copy)]
struct Stream<T> {
    columns: u32,
    job: Job,
    exchange: Exchange<EXCHANGE, THREADS>,
    /// The next strip, counted through all matrices.
    strip: u32,
    /// Strips of a matrix.
    strips: u32,
    /// The first of the block's rows.
    first: u32,
    /// Stages that these are.
    stages: u32,
    value: PhantomData<T>,
}

impl<T: Element> Stream<T> {
    /// Octets of a strip's row.
    const OCTETS: u32 = octets(size_of::<T>());
    /// Rows of a stage of which the threads have an octet at once.
    const AT_ONCE: u32 = THREADS / Self::OCTETS;
    /// Octets of a stage that a thread has: at most two.
    const OF_STAGE: usize = (STAGE_ROWS / Self::AT_ONCE) as usize;
    /// Units of 16 bytes of an octet: at most two.
    const UNITS: usize = OCTET * size_of::<T>() / 16;

    /// That of this block.
    #[inline(always)]
    #[track_caller]
    fn new(columns: u32, job: Job) -> Self {
        const { assert!(Self::AT_ONCE.is_multiple_of(8) && Self::OF_STAGE <= 2) };
        let exchange = Exchange::of_cluster();
        let blocks = exchange.blocks;
        let (stages, _) = divide(job.rows.div_ceil(STAGE_ROWS) + blocks - 1, blocks);
        Self {
            columns,
            job,
            exchange,
            strip: exchange.cluster,
            strips: columns.div_ceil(Self::OCTETS * OCTET as u32),
            first: exchange.rank * stages * STAGE_ROWS,
            stages,
            value: PhantomData,
        }
    }

    /// The matrix and the place there of the next strip, if there is one more.
    #[inline(always)]
    #[track_caller]
    fn advance(&mut self) -> Option<(u32, u32)> {
        if self.strip >= self.job.matrices * self.strips {
            return None;
        }
        let place = self.job.place(self.strip, self.strips);
        self.strip += cluster::grid_dim_x();
        Some(place)
    }

    /// Quantises the strips.
    ///
    /// # Safety
    /// The kernel's.
    #[inline(always)]
    #[track_caller]
    unsafe fn run(self, map: *const TensorMap) {
        // SAFETY: the whole cluster is here, and its warps are whole.
        unsafe {
            if slots::thread() == 0 {
                tma::prefetch(map);
                ring().init(1, THREADS / warp::WARP_SIZE);
            }
            self.exchange.start();
            // The same for all lanes of a warp, and ptxas is to know it.
            if warp::warp_uniform(slots::thread()) < THREADS {
                self.exchange.join();
                self.quantize();
            } else {
                if warp::lane_id() == 0 {
                    self.load(map);
                }
                warp::sync_warp(warp::FULL_MASK);
                self.exchange.join();
            }
        }
    }

    /// Loads the block's rows of all strips.
    ///
    /// # Safety
    /// One thread executes this; the ring was made, and the map is as the kernel says.
    #[inline(always)]
    #[track_caller]
    unsafe fn load(mut self, map: *const TensorMap) {
        let mut place = Place::START;
        while let Some((matrix, strip)) = self.advance() {
            let column = strip * Self::OCTETS * OCTET as u32;
            let mut row = self.first;
            while row < self.first + self.stages * STAGE_ROWS {
                let full = ring().full(place);
                let at = [column as i32, row as i32, matrix as i32];
                // SAFETY: the stage is empty, and the box fits it.
                unsafe {
                    ring().wait_empty(place);
                    full.arrive_expect_tx(STAGE_BYTES);
                    tma::load(stage(place), map, at, full);
                }
                place.advance();
                row += STAGE_ROWS;
            }
        }
    }

    /// Quantises what is loaded.
    ///
    /// # Safety
    /// The threads that have octets execute this, in the whole cluster.
    #[inline(always)]
    #[track_caller]
    unsafe fn quantize(mut self) {
        let (mut place, mut round) = (Place::START, 0);
        while let Some((matrix, strip)) = self.advance() {
            let first = strip * Self::OCTETS;
            let strip = Strip::<WIDE> {
                columns: self.columns,
                job: self.job,
                matrix,
                i: first + thread::thread_idx_x(),
            };
            // SAFETY: the caller's contract; each octet is one thread's.
            unsafe {
                let (kept, largest) = self.keep(&mut place);
                let of = |column, largest| {
                    let scale = strip.scale(largest);
                    if self.exchange.rank == 0 {
                        strip.write_scale(first * OCTET as u32 + column, scale);
                    }
                    scale.multiplier
                };
                let multipliers = self.exchange.multipliers::<T>(round, &largest, of);
                self.write(&strip, &kept, &multipliers);
            }
            round += 1;
        }
        // SAFETY: the caller's contract.
        unsafe { self.exchange.end(round) };
    }

    /// The thread's octets of the strip that is loaded next, and the largest magnitude of each element. Stages are handed back
    /// as soon as they have been read.
    ///
    /// # Safety
    /// As [`Stream::quantize`].
    #[inline(always)]
    #[track_caller]
    unsafe fn keep(&self, place: &mut Place<STAGES>) -> (Kept, RawOctet) {
        let mut kept = [[[0; OCTET]; 2]; MOST_STAGES as usize];
        let mut largest = [0; OCTET];
        unroll!(s < MOST_STAGES as usize => {
            if (s as u32) < self.stages {
                // SAFETY: the ring was made; the warp is whole.
                unsafe {
                    ring().wait_full(*place);
                    kept[s] = Self::read(stage(*place));
                    unroll!(j < 2 => {
                        if j < Self::OF_STAGE {
                            max_magnitudes::<T>(&mut largest, &kept[s][j]);
                        }
                    });
                    warp::sync_warp(warp::FULL_MASK);
                    if warp::lane_id() == 0 {
                        ring().release_own(place.stage);
                    }
                }
                place.advance();
            }
        });
        (kept, largest)
    }

    /// The thread's octets of a stage.
    ///
    /// # Safety
    /// It is full.
    #[inline(always)]
    #[track_caller]
    unsafe fn read(stage: Shared<u8>) -> [RawOctet; 2] {
        let row = thread::thread_idx_y();
        let mut octets = [[0; OCTET]; 2];
        unroll!(j < 2 => {
            let of_row = stage.add((row + j as u32 * Self::AT_ONCE) * STRIP_BYTES);
            unroll!(unit < 2 => {
                if j < Self::OF_STAGE && unit < Self::UNITS {
                    // Where the swizzle has it: rows a multiple of eight further on have the same.
                    let on = thread::thread_idx_x() * Self::UNITS as u32 + unit as u32;
                    let place = of_row.byte_add::<Words4>((on ^ (row % 8)) * 16);
                    // SAFETY: inside the stage, aligned to 16 bytes.
                    let Words4(words) = unsafe { place.read() };
                    unroll!(word < 4 => { octets[j][4 * unit + word] = words[word]; });
                }
            });
        });
        octets
    }

    /// Writes the codes of the strip's rows.
    ///
    /// # Safety
    /// The matrix is there, and nobody else writes the octets.
    #[inline(always)]
    #[track_caller]
    unsafe fn write(&self, strip: &Strip<WIDE>, kept: &Kept, multipliers: &Octet) {
        let end = (self.first + self.stages * STAGE_ROWS).min(self.job.rows);
        unroll!(s < MOST_STAGES as usize => {
            unroll!(j < 2 => {
                let of_stage = thread::thread_idx_y() + j as u32 * Self::AT_ONCE;
                let row = self.first + s as u32 * STAGE_ROWS + of_stage;
                if j < Self::OF_STAGE && row < end {
                    // SAFETY: one of the rows.
                    unsafe { strip.write_codes::<T>(row, &kept[s][j], multipliers) };
                }
            });
        });
    }
}
