//! Any dense product, by the library or by the peer.

use anyhow::{Context, Result, bail};
use gatewarp::element::Float;
use gatewarp::quantize::fp8_dequantize;
use gatewarp::{Error, Stream, Tensor};
use gatewarp_tests::compare::similar;
use gatewarp_tests::values::Value;

use super::factors::Factors;
use super::recipe::{Call, Recipe, Sizes};
use super::{COLUMNS, ROWS, product, take};
use crate::case::{Bench, Case};
use crate::contest::{self, WORKSPACE};
use crate::peer::{Operands, Plan};
use crate::sample::{gather, spread};

/// Operands of a product, and how it is made.
pub(super) struct Multiplication<A, B, O> {
    recipe: Recipe<A, B, O>,
    sizes: Sizes,
    /// The peer's way, where the library's is not asked for.
    plan: Option<Plan>,
    a: Vec<Tensor<A>>,
    b: Vec<Tensor<B>>,
    /// The same as the library wants it, if that is otherwise.
    arranged: Vec<Tensor<B>>,
    c: Vec<Tensor<O>>,
    factors: [Factors; 2],
    workspace: Tensor<f32>,
}

impl<A: Float, B: Float, O: Float + Value> Multiplication<A, B, O> {
    pub fn new(bench: &Bench<'_>, recipe: Recipe<A, B, O>, sizes: Sizes) -> Result<Self> {
        let plan = match recipe.multiply {
            Some(_) => None,
            None => Some(plan(bench, &recipe, sizes)?),
        };
        let Sizes { m, n, k, .. } = sizes;
        let seeds = 0..bench.rotation(recipe.work(sizes).bytes()) as u64;
        let a = operands(bench, &sizes.matrix(m, k), seeds.clone())?;
        let b = operands(bench, &sizes.matrix(n, k), seeds.clone().map(|i| !i))?;
        let c = seeds.map(|_| Tensor::empty(bench.stream, &sizes.matrix(m, n)));
        let floats = match plan {
            Some(_) => WORKSPACE / size_of::<f32>(),
            None => (recipe.workspace)(&a[0]),
        };
        let arrange = recipe.arrange.iter();
        let arranged = arrange.flat_map(|arrange| b.iter().map(|b| arrange(bench.stream, b)));
        let arranged = arranged.collect::<gatewarp::Result<_>>()?;
        Ok(Self {
            recipe,
            sizes,
            plan,
            a,
            b,
            arranged,
            c: c.collect::<gatewarp::Result<_>>()?,
            factors: factors(bench, &recipe, sizes)?,
            workspace: Tensor::empty(bench.stream, &[floats])?,
        })
    }

    /// Compares what is in the place of call 0's result.
    fn compare(&self, stream: &Stream) -> Result<()> {
        let Sizes { m, n, k, .. } = self.sizes;
        let columns = spread(n, COLUMNS);
        let c = self.c[0].view().reshape(&[self.sizes.matrices() * m, n])?;
        let (mut got, mut want) = (Vec::new(), Vec::new());
        let rows = spread(self.sizes.matrices() * m, ROWS);
        for rows in rows.chunk_by(|x, y| x / m == y / m) {
            let matrix = rows[0] / m;
            let of_matrix: Vec<_> = columns.iter().map(|column| matrix * n + column).collect();
            let (a, b) = (self.a_rows(stream, rows)?, self.b_rows(stream, &of_matrix)?);
            got.extend(take(&gather(stream, &c, rows)?, n, &columns));
            want.extend(product(&a, &b, k).into_iter().map(self.recipe.becomes));
        }
        let allowed = self.recipe.allowed(k);
        similar(self.recipe.op, &got, &want, columns.len(), allowed)?;
        Ok(())
    }

    /// Rows of all matrices of `A`, as the tensor cores and the scales together have them.
    fn a_rows(&self, stream: &Stream, rows: &[usize]) -> Result<Vec<f32>> {
        let Sizes { m, k, .. } = self.sizes;
        let a = self.a[0].view().reshape(&[self.sizes.matrices() * m, k])?;
        let a = gather(stream, &a, rows)?;
        if let Some(quantize) = self.recipe.quantize {
            let a = Tensor::from_slice(stream, &a, &[rows.len(), k])?;
            let back: Tensor<f32> = fp8_dequantize(stream, &quantize(stream, &a)?)?;
            return Ok(back.to_vec()?);
        }
        Ok(self.factors[0].apply(&widen(&a), rows))
    }

    fn b_rows(&self, stream: &Stream, rows: &[usize]) -> Result<Vec<f32>> {
        let Sizes { n, k, .. } = self.sizes;
        let b = self.b[0].view().reshape(&[self.sizes.matrices() * n, k])?;
        let b = gather(stream, &b, rows)?;
        Ok(self.factors[1].apply(&widen(&b), rows))
    }
}

/// A tensor for each seed.
fn operands<T: Float>(
    bench: &Bench<'_>,
    shape: &[usize],
    seeds: impl Iterator<Item = u64>,
) -> Result<Vec<Tensor<T>>> {
    seeds.map(|seed| bench.pool.normal(shape, seed)).collect()
}

fn widen<T: Float>(elements: &[T]) -> Vec<f32> {
    elements.iter().map(|element| element.to_f32()).collect()
}

/// The peer's first suggestion.
fn plan<A: Float, B: Float, O: Float + Value>(
    bench: &Bench<'_>,
    recipe: &Recipe<A, B, O>,
    sizes: Sizes,
) -> Result<Plan> {
    let Some(peer) = bench.peer else {
        bail!("needs --compare cublaslt, and the library");
    };
    let problem = recipe.problem(sizes).context("the peer has no such")?;
    let plans = peer.candidates(&problem, WORKSPACE, 1)?;
    plans.into_iter().next().context("no algorithm")
}

/// The factors of both operands.
fn factors<A: Float, B: Float, O: Float + Value>(
    bench: &Bench<'_>,
    recipe: &Recipe<A, B, O>,
    sizes: Sizes,
) -> Result<[Factors; 2]> {
    let (stream, problem) = (bench.stream, recipe.problem(sizes));
    let Sizes { m, n, k, .. } = sizes;
    let [a, b] = recipe.scalings;
    let a = Factors::new(stream, a, [m, k], 1)?;
    let b = Factors::new(stream, b, [n, k], 2)?;
    Ok([
        a.padded_for(stream, problem.and_then(|it| it.a_scales()))?,
        b.padded_for(stream, problem.and_then(|it| it.b_scales()))?,
    ])
}

impl<A: Float, B: Float, O: Float + Value> Case for Multiplication<A, B, O> {
    fn rotation(&self) -> usize {
        self.a.len()
    }

    fn run(&mut self, stream: &Stream, call: usize) -> gatewarp::Result<()> {
        let i = call % self.a.len();
        if let Some(multiply) = self.recipe.multiply {
            let call = Call {
                a: &self.a[i],
                b: self.arranged.get(i).unwrap_or(&self.b[i]),
                c: &mut self.c[i],
                scales: self.factors.each_ref().map(|it| &it.device),
                workspace: &mut self.workspace,
            };
            return multiply(stream, call);
        }
        let operands = self.operands(call).unwrap_or_default();
        let plan = self.plan.as_ref().context("no plan");
        plan.and_then(|plan| contest::run(plan, stream, &operands))
            .map_err(|error| Error::Device {
                op: contest::NAME,
                reason: format!("{error:#}"),
            })
    }

    fn verify(&mut self, stream: &Stream) -> Result<()> {
        self.c[0].fill_bytes(0xff)?;
        self.run(stream, 0)?;
        self.compare(stream)
    }

    fn operands(&mut self, call: usize) -> Option<Operands> {
        let i = call % self.a.len();
        let (a, b) = (self.a[i].view().as_ptr(), self.b[i].view().as_ptr());
        let [a_scale, b_scale] = self.factors.each_ref().map(Factors::for_peer);
        let operands = Operands::new(a, b, self.c[i].view_mut().as_ptr());
        let operands = operands.with_scales(a_scale, b_scale);
        Some(operands.with_workspace(self.workspace.view_mut().as_ptr().cast()))
    }

    fn verify_peer(
        &mut self,
        stream: &Stream,
        multiply: &mut dyn FnMut(&Operands) -> Result<()>,
    ) -> Result<()> {
        self.c[0].fill_bytes(0xff)?;
        let operands = self.operands(0).context("there are operands")?;
        multiply(&operands)?;
        self.compare(stream)
    }
}
