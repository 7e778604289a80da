//! Text form of the geometric types. Values are kept as their canonical text: nothing is computed with them.

use crate::float::{format_f64, parse_f64};
use crate::integer::invalid;
use crate::numeric::text::is_space;
use crate::{Datum, Error, Oid, Result, SqlState};

/// Reads a value of a geometric type; None if the type is not one.
pub fn geometric_in(type_oid: Oid, text: &str) -> Option<Result<Datum>> {
    let read = match type_oid {
        Oid::POINT => point,
        Oid::LSEG => segment,
        Oid::BOX => rectangle,
        Oid::PATH => path,
        Oid::POLYGON => polygon,
        Oid::CIRCLE => circle,
        Oid::LINE => line,
        _ => return None,
    };
    let name = crate::builtin_type(type_oid).map_or("", |t| t.name);
    let shape = Shape::parse(text);
    Some(match shape.map(|shape| read(&shape)) {
        Some(Ok(Some(canonical))) => Ok(Datum::text(canonical)),
        Some(Err(error)) => Err(error),
        _ => Err(invalid(text, name)),
    })
}

/// What was read: the bracket it began with and the numbers, brackets being but decoration otherwise.
struct Shape {
    opening: Option<char>,
    numbers: Vec<f64>,
}

impl Shape {
    fn parse(text: &str) -> Option<Shape> {
        let bracket = |c: char| "()[]<>{}".contains(c);
        let trimmed = text.trim_matches(is_space);
        let balance = |open: char, close: char| trimmed.matches(open).count() == trimmed.matches(close).count();
        let balanced = [('(', ')'), ('[', ']'), ('<', '>'), ('{', '}')]
            .iter()
            .all(|(open, close)| balance(*open, *close));
        let words = trimmed
            .split(|c: char| bracket(c) || is_space(c) || c == ',')
            .filter(|word| !word.is_empty());
        let numbers: Option<Vec<f64>> = words.map(|word| parse_f64(word).ok()).collect();
        Some(Shape {
            opening: trimmed.chars().next().filter(|c| bracket(*c)),
            numbers: numbers.filter(|_| balanced)?,
        })
    }

    /// The numbers as points, if they go in pairs.
    fn points(&self) -> Option<Vec<(f64, f64)>> {
        let pairs = self.numbers.chunks_exact(2);
        let all = pairs.remainder().is_empty() && !self.numbers.is_empty();
        all.then(|| pairs.filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect())
    }
}

fn number(value: f64) -> String {
    format_f64(value, 1)
}

fn show((x, y): (f64, f64)) -> String {
    format!("({},{})", number(x), number(y))
}

fn list(points: &[(f64, f64)]) -> String {
    points
        .iter()
        .map(|point| show(*point))
        .collect::<Vec<String>>()
        .join(",")
}

type Read = Result<Option<String>>;

fn point(shape: &Shape) -> Read {
    Ok(match shape.points().as_deref() {
        Some([point]) => Some(show(*point)),
        _ => None,
    })
}

fn segment(shape: &Shape) -> Read {
    Ok(match shape.points().as_deref() {
        Some(points @ [_, _]) => Some(format!("[{}]", list(points))),
        _ => None,
    })
}

/// The upper right corner comes first.
fn rectangle(shape: &Shape) -> Read {
    Ok(match shape.points().as_deref() {
        Some([(x1, y1), (x2, y2)]) => Some(list(&[(x1.max(*x2), y1.max(*y2)), (x1.min(*x2), y1.min(*y2))])),
        _ => None,
    })
}

/// Square brackets make an open path.
fn path(shape: &Shape) -> Read {
    let points = shape.points();
    Ok(points.map(|points| match shape.opening {
        Some('[') => format!("[{}]", list(&points)),
        _ => format!("({})", list(&points)),
    }))
}

fn polygon(shape: &Shape) -> Read {
    Ok(shape.points().map(|points| format!("({})", list(&points))))
}

fn circle(shape: &Shape) -> Read {
    Ok(match shape.numbers.as_slice() {
        [x, y, radius] if *radius >= 0.0 => Some(format!("<{},{}>", show((*x, *y)), number(*radius))),
        _ => None,
    })
}

/// `{A,B,C}` of Ax + By + C = 0, or two points.
fn line(shape: &Shape) -> Read {
    let refuse = |why| {
        let message = format!("invalid line specification: {why}");
        Err(Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message))
    };
    let (a, b, c) = match (shape.opening, shape.numbers.as_slice()) {
        (Some('{'), [a, b, _]) if *a == 0.0 && *b == 0.0 => return refuse("A and B cannot both be zero"),
        (Some('{'), [a, b, c]) => (*a, *b, *c),
        (_, [x1, y1, x2, y2]) if x1 == x2 && y1 == y2 => return refuse("must be two distinct points"),
        (_, [x1, _, x2, _]) if x1 == x2 => (-1.0, 0.0, *x1),
        (_, [x1, y1, x2, y2]) => {
            let slope = (y2 - y1) / (x2 - x1);
            (slope, -1.0, y1 - slope * x1)
        }
        _ => return Ok(None),
    };
    // No minus before a zero.
    Ok(Some(format!(
        "{{{},{},{}}}",
        number(a + 0.0),
        number(b + 0.0),
        number(c + 0.0)
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn shapes_are_read_and_printed() {
        for (type_oid, text, expect) in [
            (Oid::POINT, " ( 1 , 2 ) ", Some("(1,2)")),
            (Oid::POINT, "1.5 , -2e3", Some("(1.5,-2000)")),
            (Oid::POINT, "1,2,3", None),
            (Oid::POINT, "", None),
            (Oid::LSEG, "1,2,3,4", Some("[(1,2),(3,4)]")),
            (Oid::BOX, "((1,5),(3,4))", Some("(3,5),(1,4)")),
            (Oid::PATH, "0,0,1,1", Some("((0,0),(1,1))")),
            (Oid::PATH, "[(0,0),(1,1)]", Some("[(0,0),(1,1)]")),
            (Oid::POLYGON, "((0,0),(1,1),(2,0))", Some("((0,0),(1,1),(2,0))")),
            (Oid::CIRCLE, "((1,2),3)", Some("<(1,2),3>")),
            (Oid::CIRCLE, "<(1,2),-3>", None),
            (Oid::LINE, "[(0,0),(1,1)]", Some("{1,-1,0}")),
            (Oid::LINE, "(0,0),(0,1)", Some("{-1,0,0}")),
            (Oid::LINE, "{0,0,1}", None),
        ] {
            let value = geometric_in(type_oid, text).unwrap().ok();
            assert_eq!(value.as_ref().and_then(Datum::as_str), expect, "{text}");
        }
        assert!(geometric_in(Oid::TEXT, "1,2").is_none());
    }
}
