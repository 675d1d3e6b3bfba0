//! Layers to run: sizes and options, their numbers, and those numbers on a device.

use gatewarp::fused_moe::{
    Experts, FusedMoeOptions, GateUpOrder, MoeElement, Router, RoutingMethodType, fused_moe,
};
use gatewarp::{Result, Stream, Tensor};
use gatewarp_tests::frame::{Frame, Framed, frames};
use gatewarp_tests::values::{Value, Values};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::permute::capacities;
use super::routing::methods;

/// A layer to run.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub tokens: usize,
    pub hidden: usize,
    pub intermediate: usize,
    pub experts: usize,
    pub options: FusedMoeOptions,
    pub order: GateUpOrder,
    pub x: Frame,
    pub out: Frame,
    pub seed: u64,
}

impl Case {
    /// Five tokens, three experts, gate first.
    pub const SMALL: Self = Self {
        tokens: 5,
        hidden: 24,
        intermediate: 16,
        experts: 3,
        options: FusedMoeOptions {
            top_k: 2,
            routing_method: RoutingMethodType::Renormalize,
            expert_capacity: None,
        },
        order: GateUpOrder::GateFirst,
        x: Frame::NONE,
        out: Frame::NONE,
        seed: 1,
    };

    /// The shapes of ids and weights.
    pub fn choices(&self) -> [usize; 2] {
        [self.tokens, self.options.top_k]
    }

    /// Ids, a quarter of them no expert's, with repetitions within a token.
    fn ids(&self) -> Vec<i32> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let experts = self.experts as i32;
        let strays = [-1, -1, experts, i32::MAX, i32::MIN];
        let mut id = || match rng.random_ratio(1, 4) {
            true => strays[rng.random_range(0..strays.len())],
            false => rng.random_range(0..experts),
        };
        (0..self.tokens * self.options.top_k)
            .map(|_| id())
            .collect()
    }
}

/// A layer's numbers, scaled so that all steps are of magnitude 1.
pub struct Input<T> {
    pub x: Vec<T>,
    pub gate_up: Vec<T>,
    pub down: Vec<T>,
    pub logits: Vec<f32>,
    pub ids: Vec<i32>,
    pub weights: Vec<f32>,
}

impl<T: Value> Input<T> {
    /// The numbers of a case.
    pub fn new(case: &Case) -> Self {
        let Case {
            tokens,
            hidden,
            intermediate,
            experts,
            seed,
            ..
        } = *case;
        let drawn = |count, salt, fan_in: usize| {
            let scale = (fan_in.max(1) as f64).sqrt().recip();
            let values = Values::Ordinary.draw::<T>(count, seed ^ salt);
            let scaled = values
                .iter()
                .map(|value| T::from_f64(value.to_f64() * scale));
            scaled.collect::<Vec<_>>()
        };
        let choices = tokens * case.options.top_k;
        Self {
            x: drawn(tokens * hidden, 0x10, 1),
            gate_up: drawn(experts * 2 * intermediate * hidden, 0x11, hidden),
            down: drawn(experts * hidden * intermediate, 0x12, intermediate),
            logits: Values::Ordinary.draw(tokens * experts, seed ^ 0x13),
            ids: case.ids(),
            weights: Values::Ordinary.draw(choices, seed ^ 0x14),
        }
    }
}

/// A layer on a device.
pub struct Layer<T> {
    pub x: Framed<T>,
    pub gate_up: Tensor<T>,
    pub down: Tensor<T>,
    pub logits: Tensor<f32>,
    pub ids: Tensor<i32>,
    pub weights: Tensor<f32>,
}

impl<T: MoeElement + Value> Layer<T> {
    /// Copies a layer to a device.
    pub fn new(stream: &Stream, case: &Case, input: &Input<T>) -> Result<Self> {
        let &Case {
            tokens,
            hidden,
            intermediate,
            experts,
            ..
        } = case;
        let up_shape = [experts, 2 * intermediate, hidden];
        let down_shape = [experts, hidden, intermediate];
        Ok(Self {
            x: Framed::new(stream, &[tokens, hidden], case.x, &input.x)?,
            gate_up: Tensor::from_slice(stream, &input.gate_up, &up_shape)?,
            down: Tensor::from_slice(stream, &input.down, &down_shape)?,
            logits: Tensor::from_slice(stream, &input.logits, &[tokens, experts])?,
            ids: Tensor::from_slice(stream, &input.ids, &case.choices())?,
            weights: Tensor::from_slice(stream, &input.weights, &case.choices())?,
        })
    }

    /// The experts.
    pub fn experts(&self, order: GateUpOrder) -> Result<Experts<'_, T>> {
        Experts::new(&self.gate_up, &self.down, order)
    }

    /// The output, by the form that allocates.
    pub fn forward(&self, case: &Case, router: Router<'_>) -> Result<Vec<T>> {
        let experts = self.experts(case.order)?;
        let stream = self.gate_up.stream();
        fused_moe(stream, &self.x.view()?, router, &experts, &case.options)?.to_vec()
    }

    /// The router that is told ids and weights.
    pub fn chosen(&self) -> Router<'_> {
        Router::chosen(&self.ids, &self.weights)
    }
}

/// Layers of any sizes and options.
pub fn cases() -> impl Strategy<Value = Case> {
    let lengths = || prop_oneof![1..20usize, (1..6usize).prop_map(|packs| 8 * packs)];
    let options = (1..7usize).prop_flat_map(|experts| {
        let top_k = prop_oneof![2 => 1..=experts.min(3), 1 => Just(experts)];
        (Just(experts), top_k, methods(), capacities())
    });
    let order = prop_oneof![Just(GateUpOrder::GateFirst), Just(GateUpOrder::UpFirst)];
    let shape = (0..9usize, lengths(), lengths());
    let case = (shape, options, order, frames(), frames(), any::<u64>());
    case.prop_map(
        |((tokens, hidden, intermediate), options, order, x, out, seed)| {
            let (experts, top_k, routing_method, expert_capacity) = options;
            let options = FusedMoeOptions {
                top_k,
                routing_method,
                expert_capacity,
            };
            Case {
                tokens,
                hidden,
                intermediate,
                experts,
                options,
                order,
                x,
                out,
                seed,
            }
        },
    )
}

/// Cases at the edges: nothing of something, and one of everything.
pub fn kept() -> Vec<Case> {
    let small = Case::SMALL;
    let framed = Frame::new(1, 1, 3, 2);
    vec![
        Case { tokens: 0, ..small },
        Case { hidden: 0, ..small },
        Case {
            hidden: 0,
            x: framed,
            ..small
        },
        Case {
            intermediate: 0,
            ..small
        },
        Case {
            hidden: 7,
            intermediate: 5,
            ..small
        },
    ]
}
