use super::Swim;
use crate::event::AggregateId;

fn swim(events: &[(&str, i64)]) -> Swim {
    let mut swim = Swim::default();
    for (position, (lane, cause)) in (1..).zip(events) {
        swim.push(position, &AggregateId::new(*lane, "1"), (*cause > 0).then_some(*cause));
    }
    swim
}

fn drawn(swim: &Swim, width: usize, ascii: bool) -> Vec<String> {
    (0..swim.rows().len())
        .map(|row| {
            let text: String = swim.cells(row, None).iter().map(|cell| cell.text(width, ascii)).collect();
            text.trim_end().to_owned()
        })
        .collect()
}

#[test]
fn an_arrow_goes_down_from_its_cause_and_across_to_its_effect() {
    let swim = swim(&[("Order", 0), ("Bill", 1), ("Mail", 2), ("Order", 3)]);
    assert_eq!(drawn(&swim, 4, false), ["●", "╰──▸●", "┆   ╰──▸●", "●◂──────╯"]);
    assert_eq!(drawn(&swim, 3, true), ["*", "'->*", ":  '->*", "*<----'"]);
    let lanes: Vec<_> = swim.lanes().iter().map(|lane| (lane.aggregate.kind.as_str(), lane.rows)).collect();
    assert_eq!(lanes, [("Order", (0, 3)), ("Bill", (1, 1)), ("Mail", (2, 2))]);
}

#[test]
fn effects_of_one_event_share_the_line_along_its_lane() {
    let swim = swim(&[("A", 0), ("B", 1), ("C", 1), ("A", 1)]);
    assert_eq!(drawn(&swim, 3, false), ["●", "├─▸●", "├────▸●", "●"]);
    let last = swim.cells(3, None);
    assert!(last[0].lines.up && !last[0].lines.down, "the effect in its own lane hangs on the same line");
}

#[test]
fn an_arrow_crosses_the_lines_of_others() {
    // B goes on while A's second effect passes through its lane.
    let swim = swim(&[("A", 0), ("B", 1), ("B", 2), ("C", 1), ("B", 2)]);
    assert_eq!(drawn(&swim, 3, false), ["●", "├─▸●", "│  ●", "╰──┼─▸●", "   ●"]);
}

#[test]
fn what_has_no_cause_among_the_rows_has_no_arrow() {
    let swim = swim(&[("A", 0), ("B", 77), ("A", 0), ("B", 0)]);
    assert_eq!(drawn(&swim, 3, false), ["●", "┆  ●", "●  ┆", "   ●"]);
    assert!(swim.rows().iter().all(|row| row.cause.is_none()));
    assert!(drawn(&Swim::default(), 3, false).is_empty());
    assert_eq!(swim.row_of(3), Some(2));
    assert!(swim.cells(9, Some(9)).is_empty());
}

#[test]
fn the_arrows_of_one_event_are_marked() {
    let swim = swim(&[("A", 0), ("B", 1), ("C", 1), ("B", 3), ("A", 2)]);
    let lit = |of: usize| -> Vec<String> {
        let row = |row: usize| {
            swim.cells(row, Some(of)).iter().map(|cell| if cell.lit { '#' } else { '.' }).collect()
        };
        (0..5).map(row).collect()
    };
    assert_eq!(lit(0), ["#..", "##.", "###", "...", "..."]);
    assert_eq!(lit(2), ["#..", "#..", "###", ".##", "..."]);
    assert_eq!(lit(3), ["...", "...", "..#", ".##", "..."]);
    assert_eq!(lit(4), ["...", ".#.", ".#.", ".#.", "##."]);
}

#[test]
fn more_events_leave_what_is_drawn_above_them_where_it_is() {
    let events = [("A", 0), ("B", 1), ("C", 2), ("D", 1), ("A", 3), ("E", 5)];
    let whole = swim(&events);
    for n in 1..events.len() {
        let part = swim(&events[..n]);
        for row in 0..n {
            let (a, b) = (part.cells(row, None), whole.cells(row, None));
            let nodes = |cells: &[super::SwimCell]| cells.iter().position(|cell| cell.lines.node);
            assert_eq!(nodes(&a), nodes(&b));
            assert!(a.iter().zip(&b).all(|(a, b)| a.lines.left == b.lines.left), "row {row} of {n}");
        }
    }
}
