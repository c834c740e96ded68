import FoundationEssentials
import Model
import ProviderKit

extension BoxRecord {
    /// Whether the create has surely ended, and whatever it made is listed (rule 9).
    func isSettled(by now: Date, _ descriptor: Descriptor) -> Bool {
        callDeadline.addingTimeInterval(Double(descriptor.listingDelaySeconds)) < now
    }
}
