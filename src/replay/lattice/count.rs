//! How many orders: they soon are more than a number of 128 bits can say.

use std::fmt;

/// Beyond so many it is only known that there are more.
const MOST: u128 = 10u128.pow(38);

/// A number of orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(u128);

impl Count {
    /// So many.
    pub fn of(orders: u128) -> Self {
        Self(orders.min(MOST + 1))
    }

    /// The sum of both.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self::of(self.0.saturating_add(more.0))
    }

    /// The number, where it is known.
    pub fn known(self) -> Option<u128> {
        (self.0 <= MOST).then_some(self.0)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.known() {
            Some(orders) => write!(f, "{orders}"),
            None => f.write_str("more than 10^38"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_many_is_said_and_not_wrong() {
        let most = Count::of(10u128.pow(38));
        assert_eq!(most.to_string(), format!("1{}", "0".repeat(38)));
        assert_eq!(most.and(Count::of(1)).to_string(), "more than 10^38");
        assert_eq!(most.and(most).and(Count::of(u128::MAX)).known(), None);
    }
}
