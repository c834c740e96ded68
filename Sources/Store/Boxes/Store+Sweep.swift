package import Model
import PostgresClient

/// What the sweep of a provider's boxes reads and writes.
extension Store {
    /// A box and its sandbox, terminated or not.
    package struct SweptBox: Sendable {
        package var box: BoxRecord
        package var sandbox: SandboxRecord
    }

    /// The boxes of these ids that have rows, each with its sandbox.
    package func sweptBoxes(_ boxes: [BoxID]) async throws -> [BoxID: SweptBox] {
        guard !boxes.isEmpty else { return [:] }
        let rows = try await query(
            """
            select \(SandboxRecord.columns()), b.id as box_id, b.provider as box_provider, b.account as box_account,
                b.placement as box_placement, b.external_id as box_external_id, b.epoch as box_epoch,
                b.state as box_state, b.call_deadline as box_call_deadline, b.ends_at as box_ends_at
            from boxes b join sandboxes s on s.id = b.sandbox_id
            where b.id in (select jsonb_array_elements_text($1::jsonb))
            """,
            [try PostgresJSON(encoding: boxes.map(\.rawValue))]
        )
        var found: [BoxID: SweptBox] = [:]
        for row in rows {
            let box = try BoxRecord(row, prefix: "box_")
            found[box.id] = SweptBox(box: box, sandbox: try SandboxRecord(row))
        }
        return found
    }

    /// The sweep deleted a box; there is an event for each, also when its row had said before that it is deleted.
    package func recordSwept(_ box: BoxID, externalID: String, reason: String, actor: String) async throws {
        _ = try await query(
            """
            update boxes set
                external_id = coalesce(external_id, $2), state = 'deleted', version = version + 1,
                settled_at = coalesce(settled_at, now()), event_actor = $4, event_reason = $3
            where id = $1
            """,
            [box.rawValue, externalID, reason, actor]
        )
    }
}
