//! Rows of tensors too large to compare whole.

use anyhow::{Context, Result};
use gatewarp::element::Element;
use gatewarp::tensor::{AsView, copy_into};
use gatewarp::{Stream, Tensor};

/// `most` of `count` rows, or all if there are fewer: the first, the last, and evenly between.
#[must_use]
pub fn spread(count: usize, most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    (0..most)
        .map(|i| i * (count - 1) / (most - 1).max(1))
        .collect()
}

/// The entries `rows` of the first dimension, one after the other.
///
/// # Errors
/// The library's, if a row is not in the tensor.
pub fn gather<T: Element>(
    stream: &Stream,
    from: &impl AsView<T>,
    rows: &[usize],
) -> Result<Vec<T>> {
    let from = from.as_view();
    let (&first, rest) = from.shape().split_first().context("a scalar has no rows")?;
    let length: usize = rest.iter().product();
    let mut gathered = Tensor::empty(stream, &[rows.len(), length])?;
    let from = from.reshape(&[first, length])?;
    for (i, &row) in rows.iter().enumerate() {
        let mut to = gathered.view_mut().slice(i..i + 1)?;
        copy_into(stream, &from.slice(row..row + 1)?, &mut to)?;
    }
    Ok(gathered.to_vec()?)
}

#[cfg(test)]
mod tests {
    use gatewarp::{Device, Tensor};

    use super::{gather, spread};

    #[test]
    fn samples_hold_both_ends() {
        assert_eq!(spread(3, 8), [0, 1, 2]);
        assert_eq!(spread(100, 4), [0, 33, 66, 99]);
        assert_eq!(spread(100, 1), [0]);
        assert!(spread(0, 4).is_empty());
    }

    #[test]
    fn rows_come_in_the_order_asked_for() {
        let stream = Device::cpu().stream().expect("the CPU");
        let elements: Vec<i32> = (0..24).collect();
        let tensor = Tensor::from_slice(&stream, &elements, &[4, 2, 3]).expect("24 elements");
        let rows = gather(&stream, &tensor, &[3, 0]).expect("rows");
        let expected: Vec<i32> = (18..24).chain(0..6).collect();
        assert_eq!(rows, expected);
        assert!(gather(&stream, &tensor, &[4]).is_err());
    }
}
