//! All buffers of the process, and the last ones that were freed, in the order of their addresses.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::global::canary::Canary;
use crate::global::mapping::Mapping;
use crate::global::place;

/// Buffers with guards at a time.
const MAX_GUARDED: usize = 8192;

/// Freed buffers whose addresses stay reserved.
const MAX_FREED: usize = 1000;

/// Addresses that freed buffers keep reserved: 1 TiB, a small part of what a process has.
const MAX_FREED_BYTES: usize = usize::MAX >> 24;

/// How far from a buffer an address is said to miss it.
const NEAR: usize = 16 << 20;

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    buffers: BTreeMap::new(),
    canaries: BTreeMap::new(),
    freed: VecDeque::new(),
    freed_bytes: 0,
});

struct Registry {
    /// By their first addresses.
    buffers: BTreeMap<usize, Entry>,
    /// By the OS thread that made the buffer, then by the buffer's first address.
    canaries: BTreeMap<(u64, usize), Canary>,
    /// Oldest first, with the buffers' first addresses.
    freed: VecDeque<(usize, Mapping)>,
    freed_bytes: usize,
}

struct Entry {
    end: usize,
    owner: u64,
    freed: bool,
}

fn lock() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number that tells OS threads apart.
fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static ID: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // While the thread ends its buffers are nobody's.
    ID.try_with(|&id| id).unwrap_or(u64::MAX)
}

/// Whether another buffer may have guards.
pub(super) fn has_room() -> bool {
    let registry = lock();
    registry.buffers.len() - registry.freed.len() < MAX_GUARDED
}

/// Adds a buffer at these addresses.
pub(super) fn add(buffer: Range<usize>, canary: Option<Canary>) {
    let owner = this_thread();
    let mut registry = lock();
    if let Some(canary) = canary.filter(|canary| !canary.is_empty()) {
        registry.canaries.insert((owner, buffer.start), canary);
    }
    let entry = Entry {
        end: buffer.end,
        owner,
        freed: false,
    };
    registry.buffers.insert(buffer.start, entry);
}

/// Forgets a buffer, or keeps its addresses from being used again for a while.
pub(super) fn remove(start: usize, mapping: Option<Mapping>) {
    lock().forget_canary(start);
    // No system call under the lock.
    let closed = mapping.and_then(Mapping::close);
    let stale = lock().retire(start, closed);
    drop(stale);
}

/// What was written beside the buffers that this OS thread made, in the first `limit` of them that
/// have a canary. The canaries are restored.
pub(super) fn take_damage(limit: usize) -> Option<String> {
    let me = this_thread();
    let registry = lock();
    let mine = registry.canaries.range((me, 0)..=(me, usize::MAX));
    let mut damages = mine.take(limit).filter_map(|(_, canary)| {
        let damage = canary.damage();
        if damage.is_some() {
            canary.restore();
        }
        damage
    });
    let first = damages.next();
    // The others are restored, too.
    damages.for_each(drop);
    first
}

/// Where an address is, seen from the nearest buffer.
pub(crate) fn describe(address: usize) -> String {
    let registry = lock();
    let before = registry.buffers.range(..=address).next_back();
    let after = registry.buffers.range(address..).next();
    let missed = |start: usize, end| {
        start
            .saturating_sub(address)
            .max(address.saturating_sub(end))
    };
    let nearest = before
        .into_iter()
        .chain(after)
        .map(|(&start, entry)| (missed(start, entry.end), start, entry))
        .min_by_key(|&(missed_by, ..)| missed_by);
    match nearest {
        Some((..=NEAR, start, entry)) => format!(
            "{} a {}buffer of {} bytes",
            place(address, &(start..entry.end)),
            if entry.freed { "freed " } else { "" },
            entry.end - start,
        ),
        _ => "no buffer is near".to_owned(),
    }
}

impl Registry {
    fn forget_canary(&mut self, start: usize) {
        if let Some(entry) = self.buffers.get(&start) {
            self.canaries.remove(&(entry.owner, start));
        }
    }

    /// Keeps the addresses of a freed buffer, if they are closed, and yields those of the oldest.
    fn retire(&mut self, start: usize, closed: Option<Mapping>) -> Vec<Mapping> {
        let Some(mapping) = closed else {
            self.buffers.remove(&start);
            return Vec::new();
        };
        if let Some(entry) = self.buffers.get_mut(&start) {
            entry.freed = true;
        }
        self.freed_bytes += mapping.whole().len();
        self.freed.push_back((start, mapping));
        self.evict()
    }

    fn evict(&mut self) -> Vec<Mapping> {
        let mut stale = Vec::new();
        while self.freed.len() > MAX_FREED || self.freed_bytes > MAX_FREED_BYTES {
            let Some((start, mapping)) = self.freed.pop_front() else {
                break;
            };
            self.freed_bytes -= mapping.whole().len();
            self.buffers.remove(&start);
            stale.push(mapping);
        }
        stale
    }
}
