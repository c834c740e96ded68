import FoundationEssentials
import Model

extension SimulatedStore {
    func openBoxes(of sandbox: SandboxID) -> [BoxRecord] {
        boxes.filter { $0.sandbox == sandbox && $0.record.state != .deleted }.map(\.record)
            .sorted { ($0.epoch, $0.id) < ($1.epoch, $1.id) }
    }

    func box(_ id: BoxID) -> BoxRow? { boxes.first { $0.record.id == id } }

    func intendBox(
        _ id: BoxID,
        of sandbox: SandboxID,
        epoch: UInt64,
        binding: (account: String, placement: String?),
        deadline: Int
    ) -> Bool {
        if mutation == .skipsTheIntent { return true }
        guard rows[sandbox]?.lease.holds(epoch: epoch) ?? false else { return false }
        let callDeadline = simulator.date.addingTimeInterval(Double(deadline))
        simulator.note("store", "\(sandbox.short) box \(id.short) intended by epoch \(epoch)")
        guard let index = boxes.firstIndex(where: { $0.record.id == id }) else {
            boxes.append(
                BoxRow(
                    sandbox: sandbox,
                    record: BoxRecord(
                        id: id,
                        provider: provider,
                        account: binding.account,
                        placement: binding.placement,
                        epoch: epoch,
                        state: .intended,
                        callDeadline: callDeadline
                    )
                )
            )
            return true
        }
        guard boxes[index].record.state == .intended else { return false }
        boxes[index].record.epoch = epoch
        boxes[index].record.callDeadline = callDeadline
        return true
    }

    func recordBox(_ id: BoxID, epoch: UInt64, externalID: String?, state: BoxRecord.State) {
        guard let index = boxes.firstIndex(where: { $0.record.id == id }) else { return }
        let row = boxes[index].record
        guard row.state != .deleted, row.epoch <= epoch || mutation == .recordsBoxesUnfenced else {
            simulator.note("store", "box \(id.short) not recorded \(state) by epoch \(epoch): \(row.state)")
            return
        }
        boxes[index].record.epoch = max(row.epoch, epoch)
        boxes[index].record.externalID = externalID ?? row.externalID
        if row.state != .superseded || state == .deleted { boxes[index].record.state = state }
        simulator.note(
            "store",
            "box \(id.short) \(boxes[index].record.state) as \(boxes[index].record.externalID ?? "-") by epoch \(epoch)"
        )
        changed(boxes[index].sandbox)
    }
}
