//! Statements about labels, and which artifacts are marked with them.

use super::{
    from_micros, locks,
    numbered::{Holds, Key, NumberedList},
    sql::{self, LIST, all, places, unsigned},
};
use crate::{
    Error, Result,
    access::{LabelId, ProjectId},
    labels::LabelRecord,
    numbered::{Numbered, NumberedQuery},
};
use api_types::{Label, LabelChange, LabelSummary, NewLabel};
use sea_orm::{ConnectionTrait, QueryResult, Value};

/// Labels of a project, or of the system, at most.
const MOST: i64 = 500;

const COLUMNS: &str = "l.id, l.name, l.description, l.color, l.project_id, l.created_at, l.updated_at";

fn record(row: &QueryResult) -> Result<LabelRecord> {
    let project: Option<i64> = row.try_get_by_index(4)?;
    Ok(LabelRecord {
        label: Label {
            id: row.try_get_by_index(0)?,
            name: row.try_get_by_index(1)?,
            description: row.try_get_by_index(2)?,
            color: row.try_get_by_index(3)?,
            global: project.is_none(),
        },
        project: project.map(ProjectId),
        created_at: from_micros(row.try_get_by_index(5)?),
        updated_at: from_micros(row.try_get_by_index(6)?),
    })
}

/// Holds all names of a home, and refuses one that another label has.
async fn require_free(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    name: &str,
    but: Option<LabelId>,
) -> Result<()> {
    let home = home.map_or(0, |project| project.0);
    locks::name(connection, "label", &home.to_string()).await?;
    let taken = "SELECT id FROM labels WHERE COALESCE(project_id, 0) = $1 AND name = $2 AND id <> $3";
    let values = [home.into(), name.into(), but.map_or(0, |label| label.0).into()];
    match sql::find_value::<i64>(connection, taken, values).await? {
        Some(_) => Err(Error::LabelNameTaken { name: name.to_owned() }),
        None => Ok(()),
    }
}

/// Creates a label of a project, or of the system.
///
/// # Errors
/// [`Error::LabelNameTaken`]; [`Error::Invalid`] for one too many.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    label: &NewLabel,
    now: i64,
) -> Result<LabelId> {
    require_free(connection, home, &label.name, None).await?;
    let count = "SELECT COUNT(*) FROM labels WHERE COALESCE(project_id, 0) = $1";
    let count: i64 = sql::get_value(connection, count, [home.map_or(0, |project| project.0).into()]).await?;
    if count >= MOST {
        return Err(Error::Invalid {
            field: "name",
            code: "too_many_labels",
            message: format!("there are {MOST} labels, which is the most; delete one that nobody uses"),
        });
    }
    let statement = "INSERT INTO labels (project_id, name, description, color, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $5) RETURNING id";
    let values = [
        home.map(|project| project.0).into(),
        label.name.as_str().into(),
        label.description.as_str().into(),
        label.color.as_str().into(),
        now.into(),
    ];
    Ok(LabelId(sql::get_value(connection, statement, values).await?))
}

/// Changes a label of this home; `false` if it is gone.
///
/// # Errors
/// [`Error::LabelNameTaken`].
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    label: LabelId,
    change: &LabelChange,
    now: i64,
) -> Result<bool> {
    if let Some(name) = &change.name {
        require_free(connection, home, name, Some(label)).await?;
    }
    let statement = "UPDATE labels SET name = COALESCE(CAST($2 AS TEXT), name), \
         description = COALESCE(CAST($3 AS TEXT), description), color = COALESCE(CAST($4 AS TEXT), color), \
         updated_at = $5 WHERE id = $1";
    let values = [
        label.0.into(),
        change.name.clone().into(),
        change.description.clone().into(),
        change.color.clone().into(),
        now.into(),
    ];
    Ok(sql::execute(connection, statement, values).await? > 0)
}

/// Deletes a label, also from everything that is marked with it; `false` if it is gone.
pub(crate) async fn delete(connection: &impl ConnectionTrait, label: LabelId) -> Result<bool> {
    Ok(sql::execute(connection, "DELETE FROM labels WHERE id = $1", [label.0.into()]).await? > 0)
}

/// A label, and the present name of its project.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    label: LabelId,
) -> Result<Option<(LabelRecord, Option<String>)>> {
    let statement =
        format!("SELECT {COLUMNS}, p.name FROM labels l LEFT JOIN projects p ON p.id = l.project_id WHERE l.id = $1");
    let row = sql::one(connection, &statement, [label.0.into()]).await?;
    row.map(|row| Ok((record(&row)?, row.try_get_by_index(7)?))).transpose()
}

/// A label that artifacts of the project can be marked with; it stays until the transaction ends.
pub(crate) async fn hold_usable(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    label: LabelId,
) -> Result<Option<Label>> {
    let statement = format!(
        "SELECT {COLUMNS} FROM labels l WHERE l.id = $1 AND (l.project_id IS NULL OR l.project_id = $2){}",
        locks::keeping_label(connection)
    );
    let row = sql::one(connection, &statement, [label.0.into(), project.0.into()]).await?;
    row.map(|row| Ok(record(&row)?.label)).transpose()
}

/// What artifacts of the project can be marked with: its own labels, then those of the system, by name.
pub(crate) async fn list_usable(connection: &impl ConnectionTrait, project: ProjectId) -> Result<Vec<Label>> {
    let statement = format!(
        "SELECT {COLUMNS} FROM labels l WHERE l.project_id = $1 OR l.project_id IS NULL \
         ORDER BY CASE WHEN l.project_id IS NULL THEN 1 ELSE 0 END, l.name"
    );
    let rows = all(connection, &statement, [project.0.into()]).await?;
    rows.iter().map(|row| Ok(record(row)?.label)).collect()
}

/// What holds of the labels of a home, with its values.
fn at_home(home: Option<ProjectId>) -> (&'static str, Vec<Value>) {
    match home {
        Some(project) => ("l.project_id = $1", vec![project.0.into()]),
        None => ("l.project_id IS NULL", Vec::new()),
    }
}

/// The labels of a project, or of the system, by name, and how many artifacts that can be seen have each.
pub(crate) async fn list(connection: &impl ConnectionTrait, home: Option<ProjectId>) -> Result<Vec<LabelSummary>> {
    let (condition, values) = at_home(home);
    // What is in the trash has no such time.
    let statement = format!(
        "SELECT {COLUMNS}, (SELECT COUNT(*) FROM artifact_labels a JOIN manifests m ON m.id = a.manifest_id \
         JOIN repositories r ON r.id = m.repository_id WHERE a.label_id = l.id AND r.last_pushed_at IS NOT NULL) \
         FROM labels l WHERE {condition} ORDER BY l.name"
    );
    let rows = all(connection, &statement, values).await?;
    let summary = |row: &QueryResult| {
        Ok(LabelSummary { label: record(row)?.label, artifacts: unsigned(row.try_get_by_index(7)?) })
    };
    rows.iter().map(summary).collect()
}

/// What conditions and orders may name.
const KEYS: &[Key] = &[
    Key::new("id", "l.id", Holds::Number),
    Key::new("name", "l.name", Holds::Text),
    Key::new("description", "l.description", Holds::Text),
    Key::new("color", "l.color", Holds::Text),
    Key::new("creation_time", "l.created_at", Holds::Time),
    Key::new("update_time", "l.updated_at", Holds::Time),
];

/// A page of the labels of a project, or of the system, by name where no order is asked for.
pub(crate) async fn list_numbered(
    connection: &impl ConnectionTrait,
    home: Option<ProjectId>,
    query: &NumberedQuery,
) -> Result<Numbered<LabelRecord>> {
    let (condition, values) = at_home(home);
    let list = NumberedList {
        columns: COLUMNS,
        from: "labels l",
        condition: condition.to_owned(),
        values,
        keys: KEYS,
        order: "l.name, l.id",
    };
    list.page(connection, query, record).await
}

/// What these manifests are marked with, by name.
pub(crate) async fn of_manifests(
    connection: &impl ConnectionTrait,
    manifests: &[i64],
) -> Result<Vec<(i64, LabelRecord)>> {
    let mut found = Vec::new();
    for manifests in manifests.chunks(LIST) {
        let statement = format!(
            "SELECT {COLUMNS}, a.manifest_id FROM artifact_labels a JOIN labels l ON l.id = a.label_id \
             WHERE a.manifest_id IN ({}) ORDER BY l.name, l.id",
            places(1, manifests.len())
        );
        for row in all(connection, &statement, manifests.iter().map(|id| (*id).into())).await? {
            found.push((row.try_get_by_index(7)?, record(&row)?));
        }
    }
    Ok(found)
}

/// Marks a manifest; `false` if it is marked so already.
pub(crate) async fn mark(connection: &impl ConnectionTrait, manifest: i64, label: LabelId, now: i64) -> Result<bool> {
    let statement = "INSERT INTO artifact_labels (manifest_id, label_id, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT (manifest_id, label_id) DO NOTHING";
    Ok(sql::execute(connection, statement, [manifest.into(), label.0.into(), now.into()]).await? > 0)
}

/// Takes a mark away; `false` if there is none.
pub(crate) async fn unmark(connection: &impl ConnectionTrait, manifest: i64, label: LabelId) -> Result<bool> {
    let statement = "DELETE FROM artifact_labels WHERE manifest_id = $1 AND label_id = $2";
    Ok(sql::execute(connection, statement, [manifest.into(), label.0.into()]).await? > 0)
}

/// How many labels a manifest has.
pub(crate) async fn count_of(connection: &impl ConnectionTrait, manifest: i64) -> Result<u64> {
    let statement = "SELECT COUNT(*) FROM artifact_labels WHERE manifest_id = $1";
    Ok(unsigned(sql::get_value(connection, statement, [manifest.into()]).await?))
}
