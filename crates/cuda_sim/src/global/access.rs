//! Addresses that an instruction is given for later.

/// Reads the ends of what an asynchronous copy will read or write, so that a wild address faults
/// here, in the thread that gave it, and not where the copy lands: no thread runs there.
///
/// A fault does not return: the caller holds no borrow of the block's cells.
///
/// # Safety
/// The bytes are readable. If they are in no memory of the process, a simulated thread asks.
pub(crate) unsafe fn touch(start: *const u8, bytes: usize) {
    if bytes > 0 {
        // SAFETY: the caller's contract.
        unsafe {
            start.read_volatile();
            start.wrapping_add(bytes - 1).read_volatile();
        }
    }
}
