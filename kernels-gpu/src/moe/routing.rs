//! Top-k routing: the `k` experts of each token and their weights.
//!
//! | kernel | chooses by | weight of a chosen expert |
//! |---|---|---|
//! | `topk_default` | logit | softmax over all experts |
//! | `topk_renormalize` | logit | softmax over the chosen ones |
//! | `round_robin` | nothing: choice j of token t is expert (t k + j) mod E | 1 / k |
//!
//! One warp a token. Round j takes the best expert that comes after round j - 1's in the order (logit
//! descending, index ascending). That order is total even with NaN in it (a NaN ranks last, with weight
//! 0), so ids are distinct and in range whatever the logits are. Source: FlashInfer's RoutingMethodType.

use cuda_std::warp::{self, WARP_SIZE};
use cuda_std::{float, kernel, thread};
use half::{bf16, f16};

use crate::element::Element;

/// Threads of a block: a warp a token.
pub const ROUTING_THREADS: u32 = 128;

/// Tokens of a block.
pub const ROUTING_TOKENS: u32 = ROUTING_THREADS / WARP_SIZE;

macro_rules! topk {
    ($($name:ident: $type:ty, $renormalize:literal;)*) => { $(
        /// Ids and weights `[tokens, top_k]` of the best experts by `logits [tokens, experts]`, best first.
        ///
        /// # Safety
        /// The arrays have these shapes; `1 <= top_k <= experts`; blocks of [`ROUTING_THREADS`], a warp a
        /// token.
        #[kernel(launch_bounds(128), dependent)]
        pub unsafe fn $name(
            logits: *const $type,
            weights: *mut f32,
            ids: *mut i32,
            tokens: u32,
            experts: u32,
            top_k: u32,
        ) {
            let token = thread::block_idx_x() * ROUTING_TOKENS + thread::thread_idx_x() / WARP_SIZE;
            if token >= tokens {
                return;
            }
            // SAFETY: the token is one of `tokens`; the whole warp has the same one.
            unsafe {
                let row = Row { logits: logits.add(token as usize * experts as usize), experts };
                let first = token as usize * top_k as usize;
                row.route::<$renormalize>(weights.add(first), ids.add(first), top_k);
            }
        }
    )* };
}

topk! {
    topk_default_f32: f32, false;
    topk_default_bf16: bf16, false;
    topk_default_f16: f16, false;
    topk_renormalize_f32: f32, true;
    topk_renormalize_bf16: bf16, true;
    topk_renormalize_f16: f16, true;
}

/// Gives the experts out in turn: choice `i` of all goes to expert `i mod experts`, weight `1 / top_k`.
///
/// # Safety
/// `weights` and `ids` hold `choices` values.
#[kernel(launch_bounds(256), dependent)]
pub unsafe fn round_robin(
    weights: *mut f32,
    ids: *mut i32,
    choices: u32,
    experts: u32,
    top_k: u32,
) {
    let i = thread::index_1d();
    if i < choices {
        // SAFETY: `i` is one of the choices.
        unsafe {
            *weights.add(i as usize) = 1.0 / top_k as f32;
            // A checked remainder, so that no panic is compiled in.
            *ids.add(i as usize) = i.checked_rem(experts).unwrap_or(0) as i32;
        }
    }
}

/// One token's logits.
#[derive(Clone, Copy)]
struct Row<T> {
    logits: *const T,
    experts: u32,
}

impl<T: Element> Row<T> {
    /// Writes the `top_k` best experts and their weights.
    ///
    /// # Safety
    /// The whole warp calls this together; `ids` and `weights` hold `top_k <= experts` values.
    #[inline(always)]
    unsafe fn route<const RENORMALIZE: bool>(self, weights: *mut f32, ids: *mut i32, top_k: u32) {
        let lane = warp::lane_id();
        let mut previous = u64::MAX;
        let (mut max, mut sum) = (0.0, 0.0);
        let mut round = 0;
        while round < top_k {
            // SAFETY: the whole warp is here.
            let best = unsafe { self.best_after(previous) };
            let logit = key_logit(best);
            if round == 0 {
                max = logit;
                if !RENORMALIZE {
                    // SAFETY: as above.
                    sum = unsafe { self.sum_of_exp(max) };
                }
            }
            let weight = exp_below(logit, max);
            sum += if RENORMALIZE { weight } else { 0.0 };
            if lane == round % WARP_SIZE {
                // SAFETY: `round` is one of `top_k`.
                unsafe {
                    *ids.add(round as usize) = key_expert(best) as i32;
                    *weights.add(round as usize) = weight;
                }
            }
            previous = best;
            round += 1;
        }
        // SAFETY: each lane goes over the weights it wrote itself.
        unsafe {
            scale(
                weights,
                lane,
                top_k,
                if sum > 0.0 { 1.0 / sum } else { 0.0 },
            )
        };
    }

    /// The largest key below `previous`.
    ///
    /// # Safety
    /// The whole warp calls this together.
    #[inline(always)]
    unsafe fn best_after(self, previous: u64) -> u64 {
        let mut best = 0;
        let mut expert = warp::lane_id();
        while expert < self.experts {
            // SAFETY: the expert is one of the row.
            let key = key(
                unsafe { *self.logits.add(expert as usize) }.to_f32(),
                expert,
            );
            if key < previous && key > best {
                best = key;
            }
            expert += WARP_SIZE;
        }
        // SAFETY: the whole warp is here.
        unsafe { warp::warp_max_u64(best) }
    }

    /// The softmax denominator over all experts.
    ///
    /// # Safety
    /// The whole warp calls this together.
    #[inline(always)]
    unsafe fn sum_of_exp(self, max: f32) -> f32 {
        let mut sum = 0.0;
        let mut expert = warp::lane_id();
        while expert < self.experts {
            // SAFETY: the expert is one of the row.
            sum += exp_below(unsafe { *self.logits.add(expert as usize) }.to_f32(), max);
            expert += WARP_SIZE;
        }
        // SAFETY: the whole warp is here.
        unsafe { warp::warp_sum_f32(sum) }
    }
}

/// Multiplies the weights that this lane wrote.
///
/// # Safety
/// `weights` holds `top_k` values, every 32nd written by this lane.
#[inline(always)]
unsafe fn scale(weights: *mut f32, lane: u32, top_k: u32, factor: f32) {
    let mut round = lane;
    while round < top_k {
        // SAFETY: `round` is one of `top_k`.
        unsafe { *weights.add(round as usize) *= factor };
        round += WARP_SIZE;
    }
}

/// exp(`logit` - `max`) for a logit of at most `max`; exactly 1 at `max`, infinite or not; 0 for NaN.
#[inline(always)]
fn exp_below(logit: f32, max: f32) -> f32 {
    if logit == max {
        1.0
    } else if logit < max {
        float::exp_approx(logit - max)
    } else {
        0.0
    }
}

/// A place in the order (logit descending, index ascending): larger comes first, 0 never occurs.
#[inline(always)]
fn key(logit: f32, expert: u32) -> u64 {
    // Adding zero makes -0 and +0 tie.
    let bits = (logit + 0.0).to_bits();
    let ordered = if logit.is_nan() {
        0
    } else if bits >> 31 != 0 {
        !bits
    } else {
        bits | 1 << 31
    };
    (ordered as u64) << 32 | !expert as u64
}

/// The expert of a key.
#[inline(always)]
fn key_expert(key: u64) -> u32 {
    !(key as u32)
}

/// The logit of a key.
#[inline(always)]
fn key_logit(key: u64) -> f32 {
    let ordered = (key >> 32) as u32;
    if ordered == 0 {
        f32::NAN
    } else if ordered >> 31 != 0 {
        f32::from_bits(ordered & !(1 << 31))
    } else {
        f32::from_bits(!ordered)
    }
}
