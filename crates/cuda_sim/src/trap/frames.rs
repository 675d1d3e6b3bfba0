//! The code addresses at which a simulated thread and its callers stood.

/// Most addresses kept.
const MAX_FRAMES: usize = 32;

/// Code addresses, innermost first, in a fixed buffer: a signal handler fills it.
#[derive(Clone, Copy)]
pub(super) struct Frames {
    addresses: [usize; MAX_FRAMES],
    count: usize,
}

impl Frames {
    /// The instruction that faulted.
    pub(super) fn new(instruction: usize) -> Self {
        let mut addresses = [0; MAX_FRAMES];
        addresses[0] = instruction;
        Self {
            addresses,
            count: 1,
        }
    }

    /// Adds the address to which the last frame returns. Says whether there is room for another.
    pub(super) fn push(&mut self, return_address: usize) -> bool {
        if let Some(slot) = self.addresses.get_mut(self.count) {
            *slot = return_address;
            self.count += 1;
        }
        self.count < MAX_FRAMES
    }

    /// Addresses after the instructions that faulted or called, as return addresses are.
    pub(super) fn after(&self) -> impl Iterator<Item = usize> {
        let first = self.addresses[0].wrapping_add(1);
        let callers = self.addresses[1..self.count].iter().copied();
        std::iter::once(first).chain(callers)
    }
}
