//! Loops that are unrolled in the source, so that arrays indexed by them stay in registers.

/// `unroll!(i < N => { .. })`: the block once for each `i` from 0 to `N`, a constant of at most 8.
///
/// LLVM unrolls a loop only if it finds it small enough; an accumulator array that is then still indexed
/// at run time goes to local memory. Here every index is a constant from the start.
///
/// Nest it for more: indices computed from those of nested loops are constants too, such as
/// `32 * i + 4 * j + r` for the 128 registers of a wgmma accumulator.
#[macro_export]
macro_rules! unroll {
    ($i:ident < $n:expr => $body:block) => {
        $crate::unroll!(@ $i $n, $body, 0 1 2 3 4 5 6 7)
    };
    (@ $i:ident $n:expr, $body:block, $($k:literal)*) => { $(
        if $k < $n {
            let $i: usize = $k;
            $body
        }
    )* };
}
