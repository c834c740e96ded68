/// The path of an endpoint; what is interpolated is one segment, whatever characters it has.
///
///     "/v1/sprites/\(name)/exec"
package struct ProviderPath: Sendable, Hashable, ExpressibleByStringInterpolation {
    package let text: String

    package init(stringLiteral text: String) {
        self.text = text
    }

    package init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 32)
        }

        package mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        package mutating func appendInterpolation(_ segment: some CustomStringConvertible) {
            let escaped = PercentEncoding.encode(segment.description)
            // A dot or two would mean another path.
            text += ["", ".", ".."].contains(escaped) ? escaped.replacing(".", with: "%2E") : escaped
        }
    }
}
