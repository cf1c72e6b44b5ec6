//! How commands about many things answer: rows or JSON on standard output, and a question before what takes something away.

use std::io::{IsTerminal as _, Write as _};

use anyhow::bail;
use api_types::{ListQuery, Page};
use serde::Serialize;

/// Rows that a list is asked for at once.
const PAGE: u32 = 100;

/// A whole list, page by page.
pub async fn all<T>(list: impl AsyncFn(ListQuery) -> registry::Result<Page<T>>) -> registry::Result<Vec<T>> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(ListQuery { cursor, limit: PAGE, ..ListQuery::default() }).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => cursor = next,
            None => return Ok(items),
        }
    }
}

/// Prints rows: in columns for people at a terminal, with a tab between two cells for programs.
pub fn rows<const N: usize>(rows: &[[String; N]]) {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| plain(cell))).collect();
    let text = if std::io::stdout().is_terminal() { in_columns(&rows) } else { with_tabs(&rows) };
    // Whoever reads only the beginning has read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Prints a list, as JSON or a row for each.
pub fn list<T: Serialize, const N: usize>(
    items: &[T],
    as_json: bool,
    row: fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    if as_json {
        return json(&items);
    }
    rows(&items.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// Prints something as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}

/// So many of something.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Asks before something is taken away. Where nobody can answer, the command has to say `--yes`.
pub fn confirm(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    let question = plain(question);
    if !std::io::stdin().is_terminal() {
        bail!("{question} Say so with --yes: there is no terminal to ask at");
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        bail!("nothing was changed");
    }
    Ok(())
}

/// In one line, and without what a terminal would obey: descriptions and names of tokens are other people's words.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn in_columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn with_tabs<const N: usize>(rows: &[[String; N]]) -> String {
    rows.iter().map(|row| row.join("\t") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_for_people_and_behind_tabs_for_programs() {
        let rows = [["ada", "guest", ""], ["grace", "developer", "disabled"]].map(|row| row.map(ToOwned::to_owned));
        assert_eq!(in_columns(&rows), "ada    guest\ngrace  developer  disabled\n");
        assert_eq!(with_tabs(&rows), "ada\tguest\t\ngrace\tdeveloper\tdisabled\n");
    }

    #[test]
    fn what_somebody_wrote_stays_in_its_cell_and_tells_a_terminal_nothing() {
        assert_eq!(plain("two\nlines\tand \u{1b}[2J"), "two lines and  [2J");
    }
}
