//! A `wgmma`'s operands and product.

use tensor_map::Swizzle;

use crate::context::Caller;
use crate::device::{Wgmma, WgmmaOperand};
use crate::fault::{FaultKind, Violation};
use crate::matrix::{Element, Operand, Precision, dot, operand};
use crate::memory::Span;
use crate::warpgroup::Brought;
use crate::warpgroup::descriptor::Descriptor;
use crate::warpgroup::operand::{LINE, Major, lines, rows};

/// Rows of A and of the accumulator.
const M: usize = 64;

/// 32 bytes along K.
type Row = [u8; 2 * LINE];

/// What a `wgmma` multiplies.
pub(crate) struct Operands {
    a: Vec<Row>,
    b: Vec<Row>,
    /// Where they lie in shared memory.
    pub(crate) spans: Vec<Span>,
}

impl Operands {
    /// Reads `A`, 64 rows, and `B`, `n` rows along N.
    pub(crate) fn read(
        caller: Caller<'_>,
        wgmma: &Wgmma,
        n: usize,
        brought: &[Brought],
        b: u64,
    ) -> Result<Self, Violation> {
        let mut spans = Vec::new();
        let a = match brought[0].a {
            WgmmaOperand::Shared(a) => {
                let major = major(wgmma, wgmma.transpose_a)?;
                read_shared(caller, a, (major, M as u32), &mut spans)?
            }
            WgmmaOperand::Registers(_) => from_registers(brought),
        };
        let major = major(wgmma, wgmma.transpose_b)?;
        let b = read_shared(caller, b, (major, n as u32), &mut spans)?;
        Ok(Self { a, b, spans })
    }
}

fn major(wgmma: &Wgmma, transpose: bool) -> Result<Major, Violation> {
    match (transpose, wgmma.kind.bits() == 16) {
        (false, _) => Ok(Major::K),
        (true, true) => Ok(Major::Mn),
        (true, false) => Err(Violation::new(
            FaultKind::InvalidOperand,
            format!("{:?} operands of wgmma are K-major only", wgmma.kind),
        )),
    }
}

fn read_shared(
    caller: Caller<'_>,
    descriptor: u64,
    (major, extent): (Major, u32),
    spans: &mut Vec<Span>,
) -> Result<Vec<Row>, Violation> {
    let descriptor = Descriptor::decode(descriptor)?;
    let memory = caller.block.shared.borrow();
    let addresses = lines(descriptor, major, extent);
    let mut read = Vec::with_capacity(addresses.len());
    for address in addresses {
        let span = memory.span(address, LINE)?;
        let mut line = [0; LINE];
        line.copy_from_slice(memory.read(span.clone())?);
        check_swizzle(descriptor, memory.swizzle(&span))?;
        read.push(line);
        spans.push(span);
    }
    Ok(rows(&read, major, extent))
}

/// A tile is read in the mode in which it was copied. Unswizzled copies may hold anything.
fn check_swizzle(descriptor: Descriptor, copied: Option<Swizzle>) -> Result<(), Violation> {
    match copied {
        None | Some(Swizzle::None) => Ok(()),
        Some(copied) if copied == descriptor.swizzle => Ok(()),
        Some(copied) => Err(Violation::new(
            FaultKind::InvalidDescriptor,
            format!(
                "the tile was copied with swizzle {copied:?}, and the descriptor says {:?}",
                descriptor.swizzle
            ),
        )),
    }
}

/// `A` from its fragments: register `r` of thread `t` holds 4 bytes of row `16 (t / 32) + t % 32 / 4`,
/// 8 rows below for odd `r`, at byte `4 (t % 4)`, 16 bytes on for `r` of 2 and more.
fn from_registers(brought: &[Brought]) -> Vec<Row> {
    let mut rows = vec![Row::default(); M];
    for (thread, brought) in brought.iter().enumerate() {
        let WgmmaOperand::Registers(registers) = brought.a else {
            continue;
        };
        let (row, byte) = (thread / 32 * 16 + thread % 32 / 4, thread % 4 * 4);
        for (r, register) in registers.into_iter().enumerate() {
            let (row, byte) = (row + 8 * (r % 2), byte + LINE * (r / 2));
            rows[row][byte..byte + 4].copy_from_slice(&register.to_le_bytes());
        }
    }
    rows
}

/// Each thread's part of the product, plus what it brought if the accumulator counts: register `i` of
/// thread `t` is in row `16 (t / 32) + t % 32 / 4 + 8 (i % 4 / 2)`, column `8 (i / 4) + 2 (t % 4) + i % 2`.
pub(crate) fn multiply(wgmma: &Wgmma, operands: &Operands, brought: &[Brought]) -> Vec<Vec<f32>> {
    let [a_element, b_element] = wgmma.kind.elements();
    let a = decode(a_element, &operands.a, wgmma.negate_a);
    let b = decode(b_element, &operands.b, wgmma.negate_b);
    let precision = match wgmma.kind.bits() {
        8 => Precision::REDUCED,
        _ => Precision::FULL,
    };
    let part = |(thread, brought): (usize, &Brought)| {
        let (row, column) = (thread / 32 * 16 + thread % 32 / 4, 2 * (thread % 4));
        let element = |(i, addend): (usize, &f32)| {
            let (row, column) = (row + 8 * (i % 4 / 2), column + 8 * (i / 4) + i % 2);
            let c = if wgmma.scale_d { *addend } else { 0.0 };
            dot(precision, (&a, row), (&b, column), c)
        };
        brought.addend.iter().enumerate().map(element).collect()
    };
    brought.iter().enumerate().map(part).collect()
}

fn decode(element: Element, rows: &[Row], negate: bool) -> Operand {
    let words = rows.iter().flat_map(|row| row.as_chunks::<4>().0);
    let words: Vec<u32> = words.map(|word| u32::from_le_bytes(*word)).collect();
    let operand = operand(element, 2 * LINE / 4, &words);
    if negate { operand.negate() } else { operand }
}
