//! Tensors and views.

use std::ptr;

use gatewarp::activation::silu_and_mul;
use gatewarp::tensor::copy_into;
use gatewarp::{Error, Shape, Tensor, TensorView, TensorViewMut, bf16};
use gatewarp_tests::backend::Context;
use gatewarp_tests::refusal::{error_of, refused};
use gatewarp_tests::suite::{Outcome, Suite};

/// Adds this file's trials.
pub fn register(suite: &mut Suite) {
    suite.trial("refused::shapes", shapes);
    suite.trial("refused::tensors", tensors);
    suite.trial("refused::views_out_of_range", ranges);
    suite.trial("refused::reshapes", reshapes);
    suite.trial("refused::copies", copies);
    suite.trial("refused::foreign_pointers", pointers);
    suite.trial("tensor::null_is_nothing", null_is_nothing);
    suite.trial("tensor::any_row_stride_of_one_row", any_row_stride);
}

fn shapes(context: &Context) -> Outcome {
    let parts = [
        "Shape::new",
        "at most 6 dimensions",
        "[1, 1, 1, 1, 1, 1, 1]",
    ];
    refused("seven dimensions", &parts, || Shape::new(&[1; 7]))?;
    for shape in [
        &[usize::MAX, 2][..],
        &[0, usize::MAX, 3],
        &[1 << 32, 1 << 32],
    ] {
        refused("a product", &["Shape::new", "fits in memory"], || {
            Shape::new(shape)
        })?;
        refused("a product", &["Shape::new"], || {
            Tensor::<u8>::empty(&context.stream, shape)
        })?;
    }
    refused("bytes", &["Tensor::empty", "size in memory"], || {
        Tensor::<f32>::empty(&context.stream, &[usize::MAX])
    })?;
    // Within numbers, and beyond any machine.
    refused("too much memory", &[], || {
        Tensor::<u8>::empty(&context.stream, &[1 << 62])
    })?;
    Ok(())
}

fn copies(context: &Context) -> Outcome {
    let stream = &context.stream;
    let from = Tensor::<i32>::zeros(stream, &[4, 6])?;
    let mut to = Tensor::<i32>::zeros(stream, &[4, 6])?;
    refused("few elements", &["copy", "to", "18 elements"], || {
        copy_into(stream, &from.view().slice(0..3)?, &mut to)
    })?;
    refused("rows apart", &["copy", "from", "contiguous"], || {
        copy_into(stream, &from.view().columns(0..3)?, &mut to)
    })?;
    refused("rows apart", &["copy", "to", "contiguous"], || {
        let mut narrow = to.view_mut().columns(0..3)?;
        copy_into(stream, &from.view().slice(0..2)?, &mut narrow)
    })?;
    Ok(())
}

fn tensors(context: &Context) -> Outcome {
    let expected = "elements must be 6 elements for the shape [2, 3]";
    let parts = ["Tensor::copy_from_slice", expected, "5"];
    refused("few elements", &parts, || {
        Tensor::from_slice(&context.stream, &[0i32; 5], &[2, 3])
    })?;
    let mut tensor = Tensor::<i32>::zeros(&context.stream, &[2, 3])?;
    let parts = ["Tensor::copy_from_slice", expected, "7"];
    refused("many elements", &parts, || tensor.copy_from_slice(&[1; 7]))?;
    match tensor.to_vec()?[..] {
        [0, 0, 0, 0, 0, 0] => Ok(()),
        _ => Err("a refused copy wrote".into()),
    }
}

#[allow(clippy::reversed_empty_ranges)]
fn ranges(context: &Context) -> Outcome {
    let mut tensor = Tensor::<i32>::zeros(&context.stream, &[4, 3, 5])?;
    for (range, shown) in [
        (3..6, "3..6"),
        (6..6, "6..6"),
        (4..2, "4..2"),
        (0..usize::MAX, "0..1"),
    ] {
        let parts = ["TensorView::columns", "range must be inside 0..5", shown];
        let columns = range.clone();
        refused("columns", &parts, || tensor.view().columns(columns))?;
        let parts = ["TensorViewMut::slice", "range must be inside 0..4", shown];
        refused("a slice", &parts, || tensor.view_mut().slice(range))?;
    }
    let parts = ["TensorViewMut::columns", "inside 0..5", "5..6"];
    refused("columns", &parts, || tensor.view_mut().columns(5..6))?;
    let parts = ["TensorView::slice", "inside 0..4", "4..5"];
    refused("a slice", &parts, || tensor.view().slice(4..5))?;
    let scalar = Tensor::<i32>::zeros(&context.stream, &[])?;
    let parts = ["TensorView::slice", "inside 0..0", "0..1"];
    refused("a slice of a scalar", &parts, || scalar.view().slice(0..1))?;
    Ok(())
}

fn reshapes(context: &Context) -> Outcome {
    let tensor = Tensor::<i32>::zeros(&context.stream, &[4, 6])?;
    let parts = [
        "TensorView::reshape",
        "of 24 elements, as [4, 6] is",
        "[5, 5]",
    ];
    refused("another number", &parts, || tensor.view().reshape(&[5, 5]))?;
    let parts = ["TensorView::reshape", "contiguous", "rows 6 apart"];
    refused("rows apart", &parts, || {
        tensor.view().columns(0..3)?.reshape(&[12])
    })?;
    let parts = ["Tensor::reshape", "of 24 elements", "[25]"];
    refused("another number", &parts, || tensor.reshape(&[25]))?;
    Ok(())
}

/// Null, misaligned, and rows closer than they are long.
fn pointers(context: &Context) -> Outcome {
    let device = context.stream.device();
    let null = ptr::null::<f32>();
    // SAFETY: refused, and never read.
    let view = || unsafe { TensorView::from_raw(device, null, &[2, 4], 4) };
    let parts = [
        "TensorView::from_raw",
        "not null and a multiple of 4 bytes",
        "0x0",
    ];
    refused("null", &parts, view)?;
    for address in [1usize, 0x1002, 0x1003] {
        let found = format!("{address:#x}");
        // SAFETY: as above.
        let view = || unsafe { TensorViewMut::from_raw(device, address as *mut f32, &[1], 1) };
        let parts = ["TensorViewMut::from_raw", "a multiple of 4 bytes", &found];
        refused("misaligned", &parts, view)?;
        // SAFETY: as above.
        let error = error_of("misaligned", || unsafe {
            TensorView::from_raw(device, address as *const f32, &[1], 1)
        })?;
        if !matches!(error, Error::Pointer { found, .. } if found == address) {
            return Err(format!("not about the pointer: {error}").into());
        }
    }
    // SAFETY: as above.
    let view = || unsafe { TensorView::from_raw(device, 0x1000 as *const f32, &[2, 4], 3) };
    let parts = ["TensorView::from_raw", "row_stride must be at least 4", "3"];
    refused("close rows", &parts, view)?;
    Ok(())
}

/// A null pointer is good for a tensor without elements, as frameworks give it.
fn null_is_nothing(context: &Context) -> Outcome {
    let device = context.stream.device();
    for shape in [[0, 8], [3, 0]] {
        // SAFETY: there are no elements.
        let x = unsafe { TensorView::<bf16>::from_raw(device, ptr::null(), &shape, shape[1]) }?;
        let out = silu_and_mul(&context.stream, &x)?;
        if **out.shape() != [shape[0], shape[1] / 2] {
            return Err(format!("the shape is {}", out.shape()).into());
        }
    }
    Ok(())
}

/// One row has no next one, however far away it would be.
fn any_row_stride(context: &Context) -> Outcome {
    let tensor = Tensor::<f32>::zeros(&context.stream, &[1, 8])?;
    context.stream.synchronize()?;
    let (device, pointer) = (context.stream.device(), tensor.view().as_ptr());
    // SAFETY: the tensor's one row.
    let view = unsafe { TensorView::from_raw(device, pointer, &[1, 8], usize::MAX) }?;
    silu_and_mul(&context.stream, &view)?;
    if view.slice(1..1)?.shape().elements() != 0 {
        return Err("no rows have elements".into());
    }
    Ok(())
}
