//! `--where`: a condition of SQL over what patients are.
//!
//! Columns are the attributes of the cohort (DM and SC, in small letters).
//! Allowed are `=`, `<>`, `<`, `<=`, `>`, `>=`, `AND`, `OR`, `NOT`, `IN`,
//! `BETWEEN`, `IS NULL` and brackets; a patient without a value is neither in
//! nor out by a comparison, as SQL has it, and is left out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// A condition whose columns are known.
#[derive(Debug)]
pub(super) struct Filter(Expr);

/// A value in a comparison.
#[derive(Debug, Clone, PartialEq)]
enum Term {
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Filter {
    /// Reads a condition; an error names what is not allowed, and the columns
    /// that there are.
    pub(super) fn parse(text: &str, columns: &[&str]) -> anyhow::Result<Self> {
        let wrong = |reason: String| anyhow!("--where: {reason}");
        let dialect = GenericDialect {};
        let mut parser = Parser::new(&dialect)
            .try_with_sql(text)
            .map_err(|error| wrong(error.to_string()))?;
        let expression = parser
            .parse_expr()
            .map_err(|error| wrong(error.to_string()))?;
        if parser.peek_token().token != Token::EOF {
            return Err(wrong(format!("`{}` is too much", parser.peek_token())));
        }
        check(&expression, columns).map_err(wrong)?;
        Ok(Self(expression))
    }

    /// Whether a patient is in; none where a value is missing.
    pub(super) fn holds(
        &self,
        attributes: &BTreeMap<String, String>,
    ) -> anyhow::Result<Option<bool>> {
        truth(&self.0, attributes)
    }
}

fn check(expression: &Expr, columns: &[&str]) -> Result<(), String> {
    let all = |parts: &[&Expr]| parts.iter().try_for_each(|part| check(part, columns));
    match expression {
        Expr::Identifier(name) => {
            let name = name.value.to_lowercase();
            if columns.contains(&name.as_str()) {
                Ok(())
            } else {
                Err(format!(
                    "no column `{name}`; known are {}",
                    columns.join(", ")
                ))
            }
        }
        Expr::Value(_) => Ok(()),
        Expr::Nested(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) => check(inner, columns),
        Expr::UnaryOp {
            op: UnaryOperator::Not | UnaryOperator::Minus,
            expr,
        } => check(expr, columns),
        Expr::BinaryOp { left, op, right } => match op {
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::And
            | BinaryOperator::Or => all(&[left, right]),
            other => Err(format!("`{other}` is not allowed")),
        },
        Expr::In {
            expr,
            target: InTarget::List(list),
            ..
        } => {
            check(expr, columns)?;
            list.iter().try_for_each(|item| check(item, columns))
        }
        Expr::Between {
            expr, low, high, ..
        } => all(&[expr, low, high]),
        other => Err(format!(
            "`{other}` is not allowed; allowed are comparisons, AND, OR, NOT, IN, BETWEEN, IS NULL"
        )),
    }
}

fn truth(expression: &Expr, attributes: &BTreeMap<String, String>) -> anyhow::Result<Option<bool>> {
    Ok(match expression {
        Expr::Nested(inner) => truth(inner, attributes)?,
        Expr::UnaryOp {
            op: UnaryOperator::Not,
            expr,
        } => truth(expr, attributes)?.map(|holds| !holds),
        Expr::IsNull(inner) => Some(term(inner, attributes)?.is_none()),
        Expr::IsNotNull(inner) => Some(term(inner, attributes)?.is_some()),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => match (truth(left, attributes)?, truth(right, attributes)?) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Or,
            right,
        } => match (truth(left, attributes)?, truth(right, attributes)?) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expr::BinaryOp { left, op, right } => {
            let order = compared(left, right, attributes)?;
            order.map(|order| match op {
                BinaryOperator::Eq => order == Ordering::Equal,
                BinaryOperator::NotEq => order != Ordering::Equal,
                BinaryOperator::Lt => order == Ordering::Less,
                BinaryOperator::LtEq => order != Ordering::Greater,
                BinaryOperator::Gt => order == Ordering::Greater,
                _ => order != Ordering::Less,
            })
        }
        Expr::In {
            expr,
            target: InTarget::List(list),
            negated,
            ..
        } => {
            let mut found = Some(false);
            for item in list {
                match compared(expr, item, attributes)? {
                    Some(Ordering::Equal) => {
                        found = Some(true);
                        break;
                    }
                    Some(_) => {}
                    None => found = None,
                }
            }
            found.map(|found| found != *negated)
        }
        Expr::Between {
            expr,
            negated,
            low,
            high,
        } => {
            let above = compared(expr, low, attributes)?;
            let below = compared(expr, high, attributes)?;
            above.zip(below).map(|(above, below)| {
                (above != Ordering::Less && below != Ordering::Greater) != *negated
            })
        }
        other => match term(other, attributes)? {
            Some(Term::Bool(holds)) => Some(holds),
            None => None,
            Some(_) => bail!("--where: `{other}` is no condition"),
        },
    })
}

/// How two values stand; none where one is missing. A text of a patient is a
/// number beside a number.
fn compared(
    left: &Expr,
    right: &Expr,
    attributes: &BTreeMap<String, String>,
) -> anyhow::Result<Option<Ordering>> {
    let (Some(left), Some(right)) = (term(left, attributes)?, term(right, attributes)?) else {
        return Ok(None);
    };
    let number = |text: &str| {
        text.parse::<f64>()
            .map_err(|_| anyhow!("--where: `{text}` is compared with a number and is none"))
    };
    Ok(match (&left, &right) {
        (Term::Number(left), Term::Number(right)) => Some(left.total_cmp(right)),
        (Term::Text(left), Term::Number(right)) => Some(number(left)?.total_cmp(right)),
        (Term::Number(left), Term::Text(right)) => Some(left.total_cmp(&number(right)?)),
        // Columns are text: two numbers are compared as numbers.
        (Term::Text(left), Term::Text(right)) => {
            Some(match (left.parse::<f64>(), right.parse::<f64>()) {
                (Ok(left), Ok(right)) => left.total_cmp(&right),
                _ => left.cmp(right),
            })
        }
        (Term::Bool(left), Term::Bool(right)) => Some(left.cmp(right)),
        _ => bail!("--where: a truth is compared with a value"),
    })
}

fn term(expression: &Expr, attributes: &BTreeMap<String, String>) -> anyhow::Result<Option<Term>> {
    Ok(match expression {
        Expr::Identifier(name) => attributes
            .get(&name.value.to_lowercase())
            .map(|text| Term::Text(text.clone())),
        Expr::Nested(inner) => term(inner, attributes)?,
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match term(expr, attributes)? {
            Some(Term::Number(number)) => Some(Term::Number(-number)),
            _ => bail!("--where: only a number has a sign"),
        },
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => Some(Term::Number(
                text.to_string()
                    .parse()
                    .map_err(|_| anyhow!("--where: `{text}` is no number"))?,
            )),
            Value::SingleQuotedString(text) => Some(Term::Text(text.clone())),
            Value::Boolean(is) => Some(Term::Bool(*is)),
            Value::Null => None,
            other => bail!("--where: `{other}` is no number, text in single quotes, TRUE or FALSE"),
        },
        other => truth(other, attributes)?.map(Term::Bool),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Option<bool> {
        let patient: BTreeMap<String, String> = [
            ("grade", "G1"),
            ("line", "1"),
            ("age", "61.5"),
            ("agemax", "100"),
            ("sex", "F"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        Filter::parse(text, &["grade", "line", "age", "agemax", "sex", "ki67"])
            .unwrap()
            .holds(&patient)
            .unwrap()
    }

    #[test]
    fn conditions_hold_as_in_sql() {
        assert_eq!(holds("grade = 'G1' and line = 1"), Some(true));
        assert_eq!(holds("GRADE <> 'G1' OR age > 61"), Some(true));
        assert_eq!(holds("NOT (age BETWEEN 50 AND 70)"), Some(false));
        assert_eq!(holds("sex IN ('M', 'F') AND line IN (2, 3)"), Some(false));
        assert_eq!(holds("ki67 > 3"), None);
        assert_eq!(holds("ki67 IS NULL AND age >= 61.5"), Some(true));
        assert_eq!(holds("ki67 > 3 OR line = 1"), Some(true));
        // As text 61.5 comes after 100.
        assert_eq!(holds("age < agemax"), Some(true));
    }

    #[test]
    fn says_what_is_not_allowed() {
        let said = |text: &str| Filter::parse(text, &["line"]).unwrap_err().to_string();
        assert!(said("lin = 1").contains("no column `lin`; known are line"));
        assert!(said("line = 1; DROP TABLE x").contains("too much"));
        assert!(said("upper(line) = 'A'").contains("is not allowed"));
        assert!(said("line + 1 = 2").contains("`+` is not allowed"));
        let number = Filter::parse("line > 1", &["line"]).unwrap();
        let patient = BTreeMap::from([("line".to_owned(), "first".to_owned())]);
        assert!(number.holds(&patient).is_err());
    }
}
