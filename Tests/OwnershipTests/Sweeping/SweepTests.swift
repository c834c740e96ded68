import FoundationEssentials
import Model
import Ownership
import ProviderKit
import Testing

/// Rule 10, proof by proof.
struct SweepTests {
    @Test func aBoxOfATerminatedSandboxIsDeleted() {
        for state in [BoxRecord.State.intended, .live, .stopped, .superseded, .deleted] {
            #expect(
                verdict {
                    $0.box?.state = state
                    $0.sandbox?.terminate()
                }
                .reason == .sandboxTerminated
            )
        }
    }

    @Test func aBoxThatNobodyUsesIsDeletedUnderItsSandboxsLease() {
        #expect(verdict { $0.box?.state = .superseded }.reason == .superseded)
        #expect(verdict { $0.box?.state = .deleted }.reason == .recordedDeleted)
        #expect(verdict { $0.box?.state = .superseded }.action == .delete)
    }

    @Test func withoutTheLeaseItStays() {
        let elsewhere = verdict {
            $0.box?.state = .superseded
            $0.sandbox?.owner = .random()
        }
        #expect(elsewhere.reason == .leaseElsewhere && elsewhere.action == .keep)
        let free = verdict {
            $0.box?.state = .superseded
            $0.sandbox?.owner = nil
        }
        #expect(free.reason == .leaseFree && free.action == .keep)
    }

    @Test func aBoxThatIsUsedStays() {
        for state in [BoxRecord.State.intended, .live, .stopped] {
            #expect(verdict { $0.box?.state = state }.action == .keep)
        }
    }

    typealias Change = @Sendable (inout SweepEvidence) -> Void

    private static let doubts: [(SweepVerdict.Reason, Change)] = [
        (.noTag, { $0.listing.tag = nil }),
        (.otherFleet, { $0.fleet = .random() }),
        (.noRow, { $0.box = nil }),
        (.noRow, { $0.sandbox = nil }),
        (.otherSandbox, { $0.sandbox?.id = .random() }),
        (.otherBinding, { $0.binding.account = "other" }),
        (.otherBinding, { $0.binding.placement = "other" }),
        (.databaseBehind, { $0.listing.tag?.epoch = 100 }),
        (
            .otherAccountServes,
            {
                $0.box?.state = .superseded
                $0.sandbox?.owner = .random()
                $0.sandbox?.account = "other"
            }
        ),
        (.secondOfItsTag, { $0.box?.externalID = "another" }),
        (
            .namedByItsSandbox,
            {
                $0.box?.state = .superseded
                $0.sandbox?.name(box: $0.listing.externalID)
            }
        ),
    ]

    @Test(arguments: doubts.indices)
    func whatIsDoubtfulIsReported(_ index: Int) {
        let (reason, doubt) = Self.doubts[index]
        let verdict = verdict(doubt)
        #expect(verdict.reason == reason && verdict.action == .report)
    }

    /// What a terminated sandbox allows, it allows only to whoever can tell that the box is this fleet's.
    @Test func terminatedOutweighsNoMissingProof() {
        #expect(
            verdict {
                $0.sandbox?.terminate()
                $0.listing.tag = nil
            }
            .action == .report
        )
        #expect(
            verdict {
                $0.sandbox?.terminate()
                $0.fleet = .random()
            }
            .action == .report
        )
        #expect(
            verdict {
                $0.sandbox?.terminate()
                $0.box = nil
            }
            .action == .report
        )
    }

    private func verdict(_ change: Change) -> SweepVerdict {
        let fleet = FleetID.random()
        let sandbox = SandboxID.random()
        let box = BoxID.random()
        let sweeper = WorkerID.random()
        let date = Date(timeIntervalSince1970: 0)
        var evidence = SweepEvidence(
            listing: BoxListing(
                externalID: "x",
                tag: BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: 1),
                isRunning: true
            ),
            fleet: fleet,
            binding: Binding(account: "account", placement: "here"),
            box: BoxRecord(
                id: box,
                provider: "local",
                account: "account",
                placement: "here",
                externalID: "x",
                epoch: 1,
                state: .live,
                callDeadline: date
            ),
            sandbox: SandboxRecord(
                id: sandbox,
                workspace: .random(),
                provider: "local",
                status: .active,
                intent: .run,
                persistent: true,
                spec: SandboxSpec(),
                createdAt: date,
                updatedAt: date,
                leaseState: .warm,
                epoch: 3,
                owner: sweeper
            ),
            sweeper: sweeper
        )
        change(&evidence)
        return Sweep.judge(evidence)
    }
}

extension SandboxRecord {
    fileprivate mutating func terminate() {
        leaseState = .terminated
        owner = nil
    }

    fileprivate mutating func name(box: String) {
        envelope = Envelope(
            backendId: provider,
            sessionState: .init(providerState: ["boxId": box], workspaceReady: true)
        )
    }
}
