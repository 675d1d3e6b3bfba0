//! A set of shapes.

use serde::Deserialize;

use super::moe::Moe;

/// Shapes that belong together, as those of a model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// What to ask for it by.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Values of M: the rows of an activation, the tokens of a layer. Ascending.
    #[serde(default = "powers_of_two")]
    pub tokens: Vec<usize>,
    /// Products whose M, N and K are all this.
    #[serde(default)]
    pub cubes: Vec<usize>,
    /// Weight matrices.
    #[serde(default)]
    pub dense: Vec<Dense>,
    /// Batches of weight matrices.
    #[serde(default)]
    pub batched: Vec<Batched>,
    /// Gated activations: of a dense layer, or of one expert.
    #[serde(default)]
    pub gated: Vec<Gated>,
    /// A layer of experts.
    pub moe: Option<Moe>,
}

/// A weight matrix `[N, K]`; its product is `[M, K] [N, K]^T`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Its name in the model.
    pub name: String,
    /// Columns of the result.
    pub n: usize,
    /// The length of the sums.
    pub k: usize,
    /// The largest M that it meets in practice, if that is less than the set's: only the last token of a
    /// prompt needs logits.
    pub max_tokens: Option<usize>,
}

/// A weight matrix `[N, K]` of each of a batch, such as heads; their products are `[batch, M, K] [batch, N, K]^T`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batched {
    /// Its name in the model.
    pub name: String,
    /// Matrices.
    pub batch: usize,
    /// Columns of the result.
    pub n: usize,
    /// The length of the sums.
    pub k: usize,
}

/// A gated activation: `[M, 2 d]` becomes `[M, d]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gated {
    /// Its name in the model.
    pub name: String,
    /// Columns of the result.
    pub d: usize,
}

impl Set {
    /// The products `[M, N, K]` of the set at these values of M, with their names in it. A cube is among
    /// them if its M is among the values.
    pub fn products(&self, tokens: &[usize]) -> impl Iterator<Item = (String, [usize; 3])> {
        let cubes = self.cubes.iter().filter(|cube| tokens.contains(cube));
        let cubes = cubes.map(|&cube| (cube.to_string(), [cube; 3]));
        let dense = self.dense.iter().flat_map(move |dense| {
            let met = move |&m: &usize| dense.max_tokens.is_none_or(|max| m <= max);
            let tokens = tokens.iter().copied().filter(met);
            tokens.map(|m| (dense.name.clone(), [m, dense.n, dense.k]))
        });
        cubes.chain(dense)
    }

    /// The batches `[M, N, K, batch]` of the set at these values of M, with their names in it.
    pub fn batches(&self, tokens: &[usize]) -> impl Iterator<Item = (String, [usize; 4])> {
        let of = |it: &Batched, m| (it.name.clone(), [m, it.n, it.k, it.batch]);
        let batched = self.batched.iter();
        batched.flat_map(move |it| tokens.iter().map(move |&m| of(it, m)))
    }
}

/// From a single token to a long prompt.
fn powers_of_two() -> Vec<usize> {
    (0..=13).map(|exponent| 1 << exponent).collect()
}

#[cfg(test)]
mod tests {
    use super::Set;

    #[test]
    fn products_are_named_and_end_at_their_largest_m() {
        let text = r#"
            name = "x"
            title = "X"
            cubes = [3, 4]
            dense = [{ name = "a", n = 5, k = 6 }, { name = "b", n = 7, k = 8, max_tokens = 3 }]
        "#;
        let set: Set = toml::from_str(text).expect("a set");
        assert_eq!(set.tokens.first(), Some(&1));
        assert_eq!(set.tokens.last(), Some(&8192));
        let products: Vec<_> = set.products(&[3, 9]).collect();
        let expected = [
            ("3", [3, 3, 3]),
            ("a", [3, 5, 6]),
            ("a", [9, 5, 6]),
            ("b", [3, 7, 8]),
        ];
        assert_eq!(products, expected.map(|(name, it)| (name.to_owned(), it)));
    }

    #[test]
    fn batches_have_every_m() {
        let text = r#"
            name = "x"
            title = "X"
            batched = [{ name = "heads", batch = 2, n = 3, k = 4 }]
        "#;
        let set: Set = toml::from_str(text).expect("a set");
        let batches: Vec<_> = set.batches(&[5, 6]).collect();
        let expected = [[5, 3, 4, 2], [6, 3, 4, 2]];
        assert_eq!(batches, expected.map(|it| ("heads".to_owned(), it)));
    }
}
