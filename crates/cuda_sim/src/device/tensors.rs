//! Tensor copies: tiles of a tensor that a map describes (TMA).
//!
//! PTX ISA, "cp.async.bulk.tensor". Coordinates go from the innermost dimension outwards, as many as
//! the tensor has.

use tensor_map::{DecodedTensor, ReduceOp, TILE_ALIGNMENT, TensorMap, simulated};

use super::clusters::destination;
use crate::context::{Caller, with_caller};
use crate::fault::{FaultKind, Violation};
use crate::memory::split;
use crate::transfer::{Destination, Piece, Put, Reduction, Source, begin_load, begin_store, ranks};

/// `cp.async.bulk.tensor.{1..5}d.shared::cluster.global.mbarrier::complete_tx::bytes`: copies the
/// tile at `coordinates` to `destination`, and completes its bytes on `barrier`. With `multicast` it
/// does so in each block whose bit is set, at the same offsets.
///
/// # Safety
/// `map` points to a tensor map in global memory, and the tensor it describes is readable.
#[track_caller]
pub unsafe fn tensor_load(
    destination: u32,
    map: *const TensorMap,
    coordinates: &[i32],
    barrier: u32,
    multicast: Option<u16>,
) {
    with_caller(|caller| {
        caller.tick();
        // SAFETY: this function's own contract.
        let map = unsafe { decode(map) };
        let loaded = map.and_then(|map| {
            let pieces = load_pieces(&map, split(destination).1, coordinates)?;
            let destinations = destinations(caller, destination, barrier, multicast)?;
            begin_load(caller, pieces, destinations)
        });
        caller.check(loaded);
    });
}

/// `cp.async.bulk.tensor.{1..5}d.global.shared::cta.bulk_group`: copies a tile to the tensor, in the
/// open bulk group. What is outside of the tensor is left out, in units of 16 bytes along the innermost dimension: a unit
/// that begins inside a row is written whole.
///
/// # Safety
/// `map` points to a tensor map in global memory, and the tensor it describes is writable, up to the end of the 16-byte
/// units that its rows end in.
#[track_caller]
pub unsafe fn tensor_store(map: *const TensorMap, coordinates: &[i32], source: u32) {
    with_caller(|caller| {
        caller.tick();
        // SAFETY: this function's own contract.
        let map = unsafe { decode(map) };
        let stored = map.and_then(|map| {
            let puts = puts(&map, caller.own(source)?, coordinates)?;
            begin_store(caller, "cp.async.bulk.tensor", &puts, None)
        });
        caller.check(stored);
    });
}

/// `cp.reduce.async.bulk.tensor`: reduces a tile into the tensor, in the open bulk group. What is outside is left out as
/// by [`tensor_store`].
///
/// # Safety
/// `map` points to a tensor map in global memory, and the tensor it describes is writable, up to the end of the 16-byte
/// units that its rows end in.
#[track_caller]
pub unsafe fn tensor_reduce(map: *const TensorMap, coordinates: &[i32], source: u32, op: ReduceOp) {
    with_caller(|caller| {
        caller.tick();
        // SAFETY: this function's own contract.
        let map = unsafe { decode(map) };
        let stored = map.and_then(|map| {
            let reduction = reduction(&map, op)?;
            let puts = puts(&map, caller.own(source)?, coordinates)?;
            let name = "cp.reduce.async.bulk.tensor";
            begin_store(caller, name, &puts, Some(reduction))
        });
        caller.check(stored);
    });
}

/// `prefetch.tensormap`, `cp.async.bulk.prefetch.tensor`: checks the map, and does nothing.
///
/// # Safety
/// `map` points to a tensor map in global memory.
#[track_caller]
pub unsafe fn prefetch_tensormap(map: *const TensorMap) {
    with_caller(|caller| {
        // SAFETY: this function's own contract.
        let map = unsafe { decode(map) };
        caller.check(map.map(|_| ()));
    });
}

/// # Safety
/// `map` points to readable memory, if it is aligned.
unsafe fn decode(map: *const TensorMap) -> Result<DecodedTensor, Violation> {
    if !map.is_aligned() {
        let detail = format!("a tensor map at {map:p}: it needs 64");
        return Err(Violation::new(FaultKind::Misaligned, detail));
    }
    // SAFETY: the caller's contract; any bytes are a map, if not one that decodes.
    simulated::decode(unsafe { &*map }).map_err(invalid)
}

fn invalid(complaint: impl ToString) -> Violation {
    Violation::new(FaultKind::InvalidTensor, complaint.to_string())
}

/// The tile's place in shared memory, which every mode wants aligned.
fn check_tile(address: u32) -> Result<(), Violation> {
    match address.is_multiple_of(TILE_ALIGNMENT) {
        true => Ok(()),
        false => Err(Violation::new(
            FaultKind::Misaligned,
            format!("a tile at shared address {address}: it needs {TILE_ALIGNMENT}"),
        )),
    }
}

/// The tile begins at a multiple of 16 bytes along the innermost dimension. PTX does not say so, but an H200
/// refuses other coordinates as an illegal instruction.
fn check_coordinates(map: &DecodedTensor, coordinates: &[i32]) -> Result<(), Violation> {
    let size = map.dtype().size() as i64;
    let offset = coordinates
        .first()
        .map_or(0, |first| i64::from(*first) * size);
    match offset % 16 {
        0 => Ok(()),
        _ => Err(invalid(format!(
            "the tile begins {offset} bytes into its rows, which is no multiple of 16"
        ))),
    }
}

/// What a load of the tile writes where.
fn load_pieces(
    map: &DecodedTensor,
    tile: u32,
    coordinates: &[i32],
) -> Result<Vec<Piece>, Violation> {
    check_tile(tile)?;
    check_coordinates(map, coordinates)?;
    let pieces = map.load_tile(coordinates).map_err(invalid)?;
    let land = |piece: tensor_map::Piece| Piece {
        address: map.swizzle().apply(tile + piece.offset),
        bytes: piece.bytes,
        source: source(map, &piece),
        swizzle: Some(map.swizzle()),
    };
    Ok(pieces.map(land).collect())
}

fn source(map: &DecodedTensor, piece: &tensor_map::Piece) -> Source {
    match piece.global {
        Some(address) => Source::Tensor(address as *const u8, map.dtype()),
        None => {
            let mut bytes = vec![0; piece.bytes as usize];
            map.fill(&mut bytes);
            Source::Bytes(bytes.into())
        }
    }
}

/// The blocks that a load writes.
fn destinations(
    caller: Caller<'_>,
    address: u32,
    barrier: u32,
    multicast: Option<u16>,
) -> Result<Vec<Destination>, Violation> {
    let barrier = destination(split(address).0, barrier)?.barrier;
    let ranks = match multicast {
        None => vec![split(address).0],
        Some(_) => ranks(caller, multicast)?,
    };
    let destination = |rank| Destination { rank, barrier };
    Ok(ranks.into_iter().map(destination).collect())
}

/// What a store of the tile puts where.
fn puts(map: &DecodedTensor, tile: u32, coordinates: &[i32]) -> Result<Vec<Put>, Violation> {
    check_tile(tile)?;
    check_coordinates(map, coordinates)?;
    let pieces = map.store_tile(coordinates).map_err(invalid)?;
    let put = |piece: tensor_map::Piece| {
        Some(Put {
            address: map.swizzle().apply(tile + piece.offset),
            target: piece.global? as *mut u8,
            bytes: piece.bytes,
        })
    };
    Ok(pieces.filter_map(put).collect())
}

fn reduction(map: &DecodedTensor, op: ReduceOp) -> Result<Reduction, Violation> {
    let dtype = map.dtype().reduce_type();
    let reduction = dtype.filter(|dtype| op.accepts(*dtype));
    let complaint = || invalid(format!("{op:?} does not reduce {:?}", map.dtype()));
    Ok((op, reduction.ok_or_else(complaint)?))
}
