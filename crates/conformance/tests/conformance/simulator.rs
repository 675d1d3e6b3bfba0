//! A case in the simulator.

use std::ptr;

use conformance::tensors::HEADER;
use conformance::{Case, Tensor};
use cuda_sim::{SimOptions, launch};
use tensor_map::{TensorMap, TiledTensor, simulated};

/// How many orders of threads and copies each case is run in.
pub const SEEDS: u64 = 3;

/// What an output holds before the kernel runs.
pub const POISON: u32 = 0xdead_beef;

/// A buffer as aligned as the driver's.
#[repr(align(256))]
#[derive(Clone, Copy)]
struct Line([u32; 64]);

struct Buffer(Vec<Line>);

impl Buffer {
    fn new(words: &[u32]) -> Self {
        let mut lines = vec![Line([POISON; 64]); words.len().div_ceil(64)];
        for (line, words) in lines.iter_mut().zip(words.chunks(64)) {
            line.0[..words.len()].copy_from_slice(words);
        }
        Self(lines)
    }

    fn address(&mut self) -> *mut u32 {
        self.0.as_mut_ptr().cast()
    }
}

/// Pointers that a grid's threads share.
#[derive(Clone, Copy)]
struct Shared<T>(T);

// SAFETY: the buffers outlive the launch, and the micro-kernels write disjoint words.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T: Copy> Shared<T> {
    fn get(&self) -> T {
        self.0
    }
}

/// The case's output.
pub fn run(case: &Case, seed: u64) -> Result<Vec<u32>, String> {
    let mut input = Buffer::new(&case.input);
    let mut output = Buffer::new(&vec![POISON; case.output]);
    let (read, written) = (input.address(), output.address());
    let map = match &case.tensor {
        None => None,
        Some(tensor) if tensor.is_output => Some(encode(tensor, written)?),
        Some(tensor) => Some(encode(tensor, read.wrapping_add(HEADER as usize))?),
    };
    let map = map.as_ref().map_or(ptr::null(), ptr::from_ref);
    let arguments = Shared((read.cast_const(), written, map));
    let options = SimOptions {
        seed,
        ..SimOptions::default()
    };
    let config = case.config.with_registers(case.kernel.bounds().registers());
    // SAFETY: the buffers have the sizes that the case names, and outlive the launch.
    let thread = || unsafe { case.kernel.run_thread(arguments.get()) };
    launch(&options, case.kernel.name(), config, &thread).map_err(|fault| fault.to_string())?;
    let words = output.0.iter().flat_map(|line| line.0);
    Ok(words.take(case.output).collect())
}

fn encode(tensor: &Tensor, address: *mut u32) -> Result<TensorMap, String> {
    simulated::encode(&describe(tensor, address.addr() as u64)).map_err(|error| error.to_string())
}

/// The tensor at `address`.
pub fn describe(tensor: &Tensor, address: u64) -> TiledTensor<'_> {
    TiledTensor {
        element_strides: Some(&tensor.element_strides),
        interleave: tensor.interleave,
        swizzle: tensor.swizzle,
        out_of_bounds: tensor.out_of_bounds,
        ..TiledTensor::new(
            address,
            tensor.dtype,
            &tensor.shape,
            &tensor.strides,
            &tensor.tile,
        )
    }
}
