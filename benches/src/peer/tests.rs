//! What the library is told, word by word, by the functions that are [`played`](super::fake).

use super::fake::{self, Object, state};
use super::ffi::{NOT_SUPPORTED, SUCCESS};
use super::{CublasLt, Error, Operands, Plan, Problem, Scaling, Types};

const OPERANDS: Operands = Operands {
    a: 0x1000,
    b: 0x2000,
    c: 0x3000,
    a_scale: 0x4010,
    b_scale: 0x5010,
    workspace: 0x6000,
};

fn plans(problem: &Problem, answer: &[(i32, usize)]) -> Result<Vec<Plan>, Error> {
    let peer = CublasLt::from_api("played".to_owned(), fake::api())?;
    assert_eq!(peer.version(), "12.9.1");
    state(|it| it.answer = (SUCCESS, answer.to_vec()));
    peer.candidates(problem, 1 << 20, 16)
}

/// Runs the only plan; gives the objects of the call and its addresses.
fn run(problem: &Problem) -> (Vec<Object>, Vec<usize>) {
    let plans = plans(problem, &[(SUCCESS, 512)]).expect("solved");
    // SAFETY: nothing is touched by functions that are played.
    unsafe { plans[0].run(&OPERANDS, 0x77 as *mut _) }.expect("run");
    let call = state(|it| it.calls.pop()).expect("a call");
    (call.objects, call.addresses)
}

fn attributes(object: &Object) -> Vec<(i32, i64)> {
    object
        .attributes
        .iter()
        .map(|(&name, &value)| (name, value))
        .collect()
}

#[test]
fn operands_swap_and_only_our_b_is_transposed() {
    let (objects, addresses) = run(&Problem::new(16, 48, 80, Types::Bf16ToF32));
    assert_eq!(
        addresses,
        [0x2000, 0x1000, 0x3000, 0x3000, 0x6000, 512, 0x77]
    );
    assert_eq!(attributes(&objects[0]), [(3, 1), (4, 0)]);
    assert_eq!(objects[0].arguments, [68, 0]);
    let layouts: Vec<_> = objects[1..].iter().map(|it| it.arguments.clone()).collect();
    let c = [0, 48, 16, 48];
    assert_eq!(layouts, [[14, 80, 48, 80], [14, 80, 16, 80], c, c]);
}

#[test]
fn batches_are_a_count_and_strides() {
    let problem = Problem {
        batch: 5,
        ..Problem::new(16, 48, 80, Types::F16)
    };
    let (objects, _) = run(&problem);
    let strides = objects[1..4].iter().map(attributes).collect::<Vec<_>>();
    let expected = [48 * 80, 16 * 80, 16 * 48].map(|stride| vec![(5, 5), (6, stride)]);
    assert_eq!(strides, expected);
}

#[test]
fn scales_swap_with_their_operands() {
    let modes = [
        (Scaling::Tensor, 0, 0),
        (Scaling::Row, 3, 3),
        (Scaling::Row128, 4, 4),
        (Scaling::Block128, 5, 4),
    ];
    for (scaling, first, second) in modes {
        let (objects, _) = run(&Problem::new(16, 48, 256, Types::fp8(scaling)));
        let fast = i64::from(!scaling.is_by_128());
        let pointers = [(17, 0x5010), (18, 0x4010)];
        let rest = [(25, fast), (31, first), (32, second)];
        let expected = [&[(3, 1), (4, 0)], &pointers[..], &rest[..]].concat();
        assert_eq!(attributes(&objects[0]), expected, "{scaling:?}");
        assert_eq!(objects[1].arguments[0], 28);
        assert_eq!(objects[3].arguments[0], 14);
    }
}

#[test]
fn suggestions_that_failed_or_need_too_much_are_left_out() {
    let answer = [(NOT_SUPPORTED, 0), (SUCCESS, 2 << 20), (SUCCESS, 256)];
    let plans = plans(&Problem::new(8, 8, 8, Types::Bf16), &answer).expect("solved");
    let sizes: Vec<_> = plans.iter().map(Plan::workspace_bytes).collect();
    assert_eq!(sizes, [256]);
}

#[test]
fn no_suggestion_is_an_error_of_its_own() {
    let problem = Problem::new(8, 8, 8, Types::Bf16);
    let error = plans(&problem, &[]).err().expect("none");
    assert_eq!(
        error.to_string(),
        "cuBLASLt has no algorithm for m 8 n 8 k 8, bf16"
    );
    let peer = CublasLt::from_api("played".to_owned(), fake::api()).expect("played");
    state(|it| it.answer = (NOT_SUPPORTED, Vec::new()));
    assert!(
        peer.candidates(&problem, 0, 16)
            .is_err_and(|error| error.is_unsolved())
    );
    state(|it| it.answer = (1, Vec::new()));
    let error = peer.candidates(&problem, 0, 16).err().expect("failed");
    assert!(!error.is_unsolved());
    assert_eq!(
        error.to_string(),
        "cublasLtMatmulAlgoGetHeuristic: played status (status 1)"
    );
}

#[test]
fn operands_must_be_there_and_aligned() {
    let problem = Problem::new(16, 16, 128, Types::fp8(Scaling::Row));
    let plans = plans(&problem, &[(SUCCESS, 0)]).expect("solved");
    let mut wrong = [OPERANDS; 3];
    wrong[0].a = 0x1080;
    wrong[1].c = 0;
    wrong[2].b_scale = 0x5008;
    for operands in wrong {
        // SAFETY: nothing is touched by functions that are played.
        let result = unsafe { plans[0].run(&operands, 0x77 as *mut _) };
        assert!(matches!(result, Err(Error::Address { .. })), "{operands:?}");
    }
    let without = Operands {
        workspace: 0,
        ..OPERANDS
    };
    // SAFETY: nothing is touched by functions that are played.
    assert!(unsafe { plans[0].run(&without, 0x77 as *mut _) }.is_ok());
}

#[test]
fn pointers_become_addresses() {
    let matrices = Operands::new(
        0x1000 as *const u16,
        0x2000 as *const u16,
        0x3000 as *mut f32,
    );
    let scaled = matrices.with_scales(0x4010 as *const f32, 0x5010 as *const f32);
    assert_eq!(scaled.with_workspace(0x6000 as *mut u8), OPERANDS);
}

#[test]
fn a_plan_keeps_what_it_needs_and_the_last_one_lets_all_go() {
    let mut plans = plans(&Problem::new(8, 8, 8, Types::Bf16), &[(SUCCESS, 0); 2]).expect("solved");
    plans.pop();
    // The handle, the operation, three layouts; no preference.
    assert_eq!(state(|it| it.alive.len()), 5);
    drop(plans);
    assert_eq!(state(|it| it.alive.len()), 0);
}
