//! Statements, entities and the connection.
