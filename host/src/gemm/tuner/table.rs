//! Answers, in memory and as text.
//!
//! One line each, an object in JSON, in the order of GPUs and problems, so that files differ where answers do. Of two
//! answers to the same the later holds, so that files can be put one behind the other:
//!
//! ```text
//! {"gpu":"NVIDIA H200","a":"bf16","b":"bf16","c":"bf16","sums":"tensor_cores","batch":1,"m":16,"n":4096,"k":4096,
//!  "tile":"Few16","rows":1,"columns":1,"split":4,"microseconds":9.1}
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::GemmProblem;
use crate::heuristics::hopper_gemm::{HopperPlan, HopperTile};

/// A line.
#[derive(Serialize, Deserialize)]
struct Line {
    gpu: String,
    #[serde(flatten)]
    problem: GemmProblem,
    #[serde(flatten)]
    answer: Answer,
}

/// A plan that was measured, or given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answer {
    tile: Tile,
    #[serde(default = "one")]
    rows: usize,
    #[serde(default = "one")]
    columns: usize,
    split: usize,
    /// What it took, if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    microseconds: Option<f64>,
}

/// A tile, or the name of one that another version of the library has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Tile {
    Known(HopperTile),
    Unknown(String),
}

impl Answer {
    pub fn new(plan: HopperPlan, seconds: Option<f64>) -> Self {
        Self {
            tile: Tile::Known(plan.tile),
            rows: plan.rows,
            columns: plan.columns,
            split: plan.split,
            // To the nanosecond.
            microseconds: seconds.map(|seconds| (seconds * 1e9).round() / 1e3),
        }
    }

    /// The plan, if this version has its tile.
    pub fn plan(&self) -> Option<HopperPlan> {
        match self.tile {
            Tile::Known(tile) => Some(HopperPlan {
                tile,
                rows: self.rows,
                columns: self.columns,
                split: self.split,
            }),
            Tile::Unknown(_) => None,
        }
    }
}

/// What a line that does not say it means.
const fn one() -> usize {
    1
}

/// What is wrong with which line, counted from 1.
pub(super) type Malformed = (usize, String);

/// All answers, of all GPUs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table(BTreeMap<String, BTreeMap<GemmProblem, Answer>>);

impl Table {
    pub fn find(&self, gpu: &str, problem: &GemmProblem) -> Option<&Answer> {
        self.0.get(gpu)?.get(problem)
    }

    pub fn insert(&mut self, gpu: &str, problem: GemmProblem, answer: Answer) {
        match self.0.get_mut(gpu) {
            Some(answers) => answers.insert(problem, answer),
            None => self
                .0
                .entry(gpu.to_owned())
                .or_default()
                .insert(problem, answer),
        };
    }

    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Reads lines; empty ones say nothing.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut table = Self::default();
        for (i, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let parsed: Result<Line, _> = serde_json::from_str(line);
            let line = parsed.map_err(|error| (i + 1, error.to_string()))?;
            table.insert(&line.gpu, line.problem, line.answer);
        }
        Ok(table)
    }

    /// What [`parse`](Self::parse) reads.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut text = String::new();
        for (gpu, answers) in &self.0 {
            for (problem, answer) in answers {
                let line = Line {
                    gpu: gpu.clone(),
                    problem: *problem,
                    answer: answer.clone(),
                };
                text.push_str(&serde_json::to_string(&line)?);
                text.push('\n');
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::{Answer, Table};
    use crate::gemm::tuner::GemmProblem;
    use crate::heuristics::hopper_gemm::Sums;
    use crate::heuristics::hopper_gemm::{HopperPlan, HopperTile};

    fn problem(m: usize) -> GemmProblem {
        GemmProblem::new::<bf16, bf16, f32>(Sums::TensorCores, [1, m, 4096, 512])
    }

    const PLAN: HopperPlan = HopperPlan {
        split: 4,
        ..HopperPlan::of(HopperTile::Few16)
    };

    const LINE: &str = concat!(
        r#"{"gpu":"NVIDIA H200","a":"bf16","b":"bf16","c":"f32","sums":"tensor_cores","#,
        r#""batch":1,"m":16,"n":4096,"k":512,"tile":"Few16","rows":1,"columns":1,"split":4,"microseconds":9.125}"#,
        "\n"
    );

    fn table() -> Table {
        let mut table = Table::default();
        table.insert(
            "NVIDIA H200",
            problem(16),
            Answer::new(PLAN, Some(9.125e-6)),
        );
        table
    }

    #[test]
    fn a_line_says_all_of_an_answer() {
        assert_eq!(table().to_text().expect("text"), LINE);
        assert_eq!(Table::parse(LINE), Ok(table()));
        let found = table()
            .find("NVIDIA H200", &problem(16))
            .and_then(Answer::plan);
        assert_eq!(found, Some(PLAN));
    }

    #[test]
    fn answers_are_for_one_gpu_and_one_problem() {
        assert_eq!(table().find("NVIDIA H100", &problem(16)), None);
        assert_eq!(table().find("NVIDIA H200", &problem(17)), None);
        let promoted = GemmProblem {
            sums: Sums::Promoted,
            ..problem(16)
        };
        assert_eq!(table().find("NVIDIA H200", &promoted), None);
        let finished = problem(16).with_epilogue(true);
        assert_eq!(table().find("NVIDIA H200", &finished), None);
    }

    #[test]
    fn an_epilogue_is_said_and_read() {
        let (mut table, problem) = (table(), problem(16).with_epilogue(true));
        table.insert("NVIDIA H200", problem, Answer::new(PLAN, None));
        let text = table.to_text().expect("text");
        assert!(text.contains(r#""epilogue":true"#), "{text}");
        assert_eq!(Table::parse(&text), Ok(table));
    }

    #[test]
    fn lines_are_sorted_by_number_whatever_their_order() {
        let mut table = table();
        for (gpu, m) in [("NVIDIA H200", 128), ("NVIDIA H200", 8), ("A", 3)] {
            table.insert(gpu, problem(m), Answer::new(PLAN, None));
        }
        let text = table.to_text().expect("text");
        let reversed: String = text.lines().rev().flat_map(|line| [line, "\n\n"]).collect();
        let again = Table::parse(&reversed).expect("the same lines");
        assert_eq!(again.to_text().expect("text"), text);
        let rows: Vec<_> = text
            .lines()
            .map(|line| line.split("\"m\":").nth(1))
            .collect();
        let starts = ["3,", "8,", "16,", "128,"];
        assert_eq!(rows.len(), table.len());
        for (row, start) in rows.into_iter().zip(starts) {
            assert!(row.is_some_and(|row| row.starts_with(start)), "{text}");
        }
    }

    #[test]
    fn the_later_of_two_answers_holds() {
        let later = LINE.replace("\"split\":4", "\"split\":2");
        let table = Table::parse(&format!("{LINE}{later}")).expect("two lines");
        let plan = table
            .find("NVIDIA H200", &problem(16))
            .and_then(Answer::plan);
        assert_eq!((table.len(), plan.map(|plan| plan.split)), (1, Some(2)));
    }

    #[test]
    fn a_tile_of_another_version_is_kept_and_not_followed() {
        let foreign = LINE.replace("Few16", "T24x512");
        let table = Table::parse(&foreign).expect("a line");
        let answer = table
            .find("NVIDIA H200", &problem(16))
            .expect("it is there");
        assert_eq!(answer.plan(), None);
        assert_eq!(table.to_text().expect("text"), foreign);
    }

    #[test]
    fn a_malformed_line_is_named() {
        for line in [
            "{",
            "7",
            "{}",
            &LINE.replace("\"m\":16,", ""),
            &LINE.replace("f32", "f33"),
        ] {
            let text = format!("{LINE}\n{line}");
            let (number, reason) = Table::parse(&text).expect_err(line);
            assert_eq!(number, 3, "{line}: {reason}");
        }
    }
}
