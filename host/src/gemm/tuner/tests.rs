//! A tuner and its file, and which answers are followed.

use std::env;
use std::fs;
use std::path::PathBuf;

use half::bf16;

use super::{GemmProblem, Tuner};
use crate::activation::ActivationType;
use crate::device::{Device, SimOptions};
use crate::error::Error;
use crate::gemm::finish::Finish;
use crate::gemm::hopper;
use crate::gemm::options::MmOptions;
use crate::gemm::product::{Product, Sizes};
use crate::heuristics::hopper_gemm::{HopperPlan, HopperTile, Sums};
use crate::quantize::Fp8Scaling;
use crate::tensor::Tensor;

/// A file of a test, which ends with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let name = format!("gatewarp-tuner-{test}-{}.jsonl", std::process::id());
        let this = Self(env::temp_dir().join(name));
        let _ = fs::remove_file(&this.0);
        this
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn problem(m: usize) -> GemmProblem {
    GemmProblem::new::<bf16, bf16, bf16>(Sums::TensorCores, [1, m, 256, 1024])
}

fn plan(tile: HopperTile, split: usize) -> HopperPlan {
    HopperPlan {
        split,
        ..HopperPlan::of(tile)
    }
}

#[test]
fn answers_come_back_from_the_file() {
    let (file, device) = (Scratch::new("round-trip"), Device::cpu());
    let tuner = Tuner::open(&file.0).expect("it need not exist");
    assert!(tuner.is_empty());
    tuner.insert(&device, problem(3), plan(HopperTile::Few16, 2));
    tuner.insert(&device, problem(200), plan(HopperTile::T128x256, 1));
    tuner.save().expect("written");
    let again = Tuner::open(&file.0).expect("read");
    assert_eq!(again.len(), 2);
    let found = again.find(&device, &problem(3));
    assert_eq!(found, Some(plan(HopperTile::Few16, 2)));
    let text = fs::read(&file.0).expect("there");
    again.save().expect("written");
    assert_eq!(fs::read(&file.0).expect("there"), text);
}

#[test]
fn clones_share_answers() {
    let (tuner, device) = (Tuner::in_memory(), Device::cpu());
    let stream = device.stream().expect("the CPU").with_tuner(&tuner);
    tuner.insert(&device, problem(3), plan(HopperTile::Few16, 2));
    let found = stream
        .tuner()
        .and_then(|tuner| tuner.find(&device, &problem(3)));
    assert_eq!(found, Some(plan(HopperTile::Few16, 2)));
    tuner.save().expect("there is no file to write");
}

#[test]
fn a_malformed_file_is_named_with_its_line() {
    let file = Scratch::new("malformed");
    fs::write(&file.0, "\n{\"gpu\":\n").expect("written");
    let error = Tuner::open(&file.0).expect_err("not JSON");
    assert!(
        matches!(error, Error::Tuning { line: Some(2), .. }),
        "{error:?}"
    );
    let place = format!("{}:2: ", file.0.display());
    assert!(error.to_string().starts_with(&place), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_named() {
    let directory = env::temp_dir();
    let error = Tuner::open(&directory).expect_err("a directory");
    assert!(
        matches!(error, Error::Tuning { line: None, .. }),
        "{error:?}"
    );
    let tuner = Tuner::open(directory.join("gatewarp/no/such/directory")).expect("not there");
    tuner.save().expect_err("nor can it be");
}

#[test]
fn only_hopper_gpus_are_tuned() {
    for device in [Device::cpu(), Device::simulator(SimOptions::default())] {
        let (stream, tuner) = (device.stream().expect("the host"), Tuner::in_memory());
        let error = tuner
            .tune_mm::<bf16, f32>(&stream, [1, 16, 64, 64], ActivationType::Identity)
            .expect_err("no GPU");
        assert!(matches!(error, Error::Device { .. }), "{error:?}");
        let error = tuner.tune_fp8_blockscale_gemm::<f32>(
            &stream,
            [16, 64, 64],
            Fp8Scaling::Tiles128x128,
            ActivationType::Identity,
        );
        assert!(matches!(error, Err(Error::Device { .. })));
        // Nor is there such a product.
        let error = tuner.tune_fp8_blockscale_gemm::<f32>(
            &stream,
            [16, 64, 64],
            Fp8Scaling::Rows,
            ActivationType::Identity,
        );
        assert!(matches!(error, Err(Error::Argument { .. })));
        assert!(tuner.is_empty());
    }
}

/// The plan that a product of `[m, 256, 1024]` runs by, with this answer.
fn followed(m: usize, tiles: &[HopperTile], answer: Option<HopperPlan>) -> HopperPlan {
    let tuner = Tuner::in_memory();
    let stream = Device::simulator(SimOptions::default()).stream();
    let stream = stream.expect("the simulator").with_tuner(&tuner);
    if let Some(plan) = answer {
        tuner.insert(stream.device(), problem(m), plan);
    }
    let zeros = |rows, columns| Tensor::<bf16>::zeros(&stream, &[rows, columns]).expect("small");
    let (a, b, mut c) = (zeros(m, 1024), zeros(256, 1024), zeros(m, 256));
    let (a, b) = (a.view(), b.view());
    let sizes = Sizes::of_one("test", ("a", &a), ("b", &b)).expect("they fit");
    let product = Product::new(
        sizes,
        (&a, &b),
        &Finish::from(&MmOptions::default()),
        &c.view_mut(),
    );
    let plan = hopper::plan(
        &stream,
        &product,
        hopper::shape(&product, Sums::TensorCores, false),
        tiles.iter().copied(),
    );
    plan.expect("there are tiles")
}

#[test]
fn answers_are_followed_where_they_can_be() {
    use HopperTile::{Few16, Few32, Few64, T64x64, T128x128, T128x256};
    let default = followed(3, &HopperTile::ALL, None);
    assert_eq!(default.tile, T64x64);
    for other in [plan(Few64, 8), plan(Few32, 1), plan(T128x128, 1)] {
        assert_eq!(followed(3, &HopperTile::ALL, Some(other)), other);
    }
    // No such number of blocks, and a tile without a kernel.
    for stale in [plan(Few16, 9), plan(Few16, 0), plan(T128x256, 2)] {
        assert_eq!(followed(3, &HopperTile::ALL, Some(stale)), default);
    }
    let few = [Few16, T128x128];
    assert_eq!(
        followed(3, &few, Some(plan(Few64, 1))),
        followed(3, &few, None)
    );
}
