//! Tensors and views: what is where.

use gatewarp::tensor::copy_into;
use gatewarp::{Shape, Tensor, TensorView};
use gatewarp_tests::backend::{Context, Kind};
use gatewarp_tests::compare::{Comparison, Mismatch, bits};
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("tensor::copies_and_fills", copies_and_fills);
    suite.trial("tensor::views_are_where_they_should_be", views);
    suite.trial("tensor::foreign_memory", foreign);
    suite.trial("tensor::copies_on_the_device", copies);
}

fn copies_and_fills(context: &Context) -> Outcome {
    let elements: Vec<i32> = (0..24).collect();
    let mut tensor = Tensor::from_slice(&context.stream, &elements, &[2, 3, 4])?;
    bits("copied", &tensor.to_vec()?, &elements)?;
    tensor = tensor.reshape(&[24])?;
    bits("reshaped", &tensor.to_vec()?, &elements)?;
    tensor.fill_bytes(1)?;
    bits("filled", &tensor.to_vec()?, &[0x0101_0101; 24])?;
    let zeros = Tensor::<i32>::zeros(&context.stream, &[3])?;
    bits("zeros", &zeros.to_vec()?, &[0; 3])?;
    for shape in [&[0][..], &[3, 0], &[0, 3, 2]] {
        bits(
            "nothing",
            &Tensor::<i32>::zeros(&context.stream, shape)?.to_vec()?,
            &[],
        )?;
    }
    let scalar = Tensor::from_slice(&context.stream, &[7], &[])?;
    bits("scalar", &scalar.to_vec()?, &[7])?;
    Ok(())
}

/// Address, shape and stride of what is cut out.
fn views(context: &Context) -> Outcome {
    let tensor = Tensor::<i32>::zeros(&context.stream, &[4, 3, 5])?;
    let base = tensor.view().as_ptr() as usize;
    let at = |view: &TensorView<'_, i32>, offset: usize, shape: &[usize]| -> Comparison {
        let found = (view.as_ptr() as usize - base) / 4;
        if found == offset && **view.shape() == *shape && view.row_stride() == 5 {
            return Ok(());
        }
        let (shape, stride) = (*view.shape(), view.row_stride());
        Err(Mismatch(format!("{shape} at {found}, rows {stride} apart")))
    };
    at(&tensor.view().slice(1..3)?, 15, &[2, 3, 5])?;
    at(&tensor.view().columns(2..4)?, 2, &[4, 3, 2])?;
    at(&tensor.view().slice(1..2)?.columns(4..5)?, 19, &[1, 3, 1])?;
    at(
        &tensor.view().columns(1..4)?.slice(2..4)?.columns(1..2)?,
        32,
        &[2, 3, 1],
    )?;
    at(&tensor.view().reshape(&[12, 5])?.slice(3..7)?, 15, &[4, 5])?;
    at(&tensor.view().slice(4..4)?, 60, &[0, 3, 5])?;
    let cut = tensor.view().columns(2..4)?;
    let whole = tensor.view().slice(1..3)?;
    match (cut.is_contiguous(), whole.is_contiguous()) {
        (false, true) => shapes(),
        _ => Err("rows that lie apart are contiguous, or others are not".into()),
    }
}

/// Parts of tensors, eagerly and by a graph.
fn copies(context: &Context) -> Outcome {
    let stream = &context.stream;
    let elements: Vec<i32> = (0..40).collect();
    let from = Tensor::from_slice(stream, &elements, &[8, 5])?;
    let mut to = Tensor::<i32>::zeros(stream, &[3, 10])?;
    let mut middle = to.view_mut().slice(1..2)?;
    copy_into(stream, &from.view().slice(3..5)?, &mut middle)?;
    let mut want = vec![0; 30];
    want[10..20].copy_from_slice(&elements[15..25]);
    bits("copied", &to.to_vec()?, &want)?;
    let graph = stream.capture(|stream| {
        copy_into(
            stream,
            &from.view().slice(0..2)?,
            &mut to.view_mut().slice(2..3)?,
        )
    })?;
    bits("captured", &to.to_vec()?, &want)?;
    // SAFETY: both tensors are alive and idle.
    unsafe { graph.launch(stream) }?;
    want[20..].copy_from_slice(&elements[..10]);
    bits("replayed", &to.to_vec()?, &want)?;
    let nothing = from.view().slice(0..0)?;
    copy_into(stream, &nothing, &mut Tensor::empty(stream, &[0, 3])?)?;
    Ok(())
}

fn shapes() -> Outcome {
    let shape = Shape::new(&[2, 3, 4])?;
    let counts = (shape.elements(), shape.rows(), shape.columns());
    let scalar = Shape::new(&[])?;
    let scalar_counts = (scalar.elements(), scalar.rows(), scalar.columns());
    match (counts, scalar_counts) {
        ((24, 6, 4), (1, 1, 1)) => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

/// Memory of somebody else, here another tensor's.
fn foreign(context: &Context) -> Outcome {
    let stream = &context.stream;
    let x: Vec<f32> = (0..24).map(|i| i as f32 / 8.0).collect();
    let owner = Tensor::from_slice(stream, &x, &[2, 12])?;
    stream.synchronize()?;
    let pointer = owner.view().as_ptr();
    // SAFETY: the owner's memory: two rows, twelve elements apart.
    let view = unsafe { TensorView::from_raw(stream.device(), pointer, &[2, 4], 12) }?;
    let got = gatewarp::activation::silu_and_mul(stream, &view)?;
    let want = gatewarp::activation::silu_and_mul(stream, &owner.view().columns(0..4)?)?;
    bits("out", &got.to_vec()?, &want.to_vec()?)?;
    if context.kind != Kind::Cuda {
        return Ok(());
    }
    let elsewhere = gatewarp::activation::silu_and_mul(&context.cpu, &view);
    match elsewhere {
        Err(gatewarp::Error::Placement { .. }) => Ok(()),
        _ => Err("a GPU's memory was read on the CPU".into()),
    }
}
