import CCurl
import CCurlShims

/// libcurl's process-wide state, initialised once, before the first handle.
enum CurlLibrary {
    private static let initialised = curl_global_init(curl_shim_global_default)

    static func require() throws {
        guard initialised == CURLE_OK else {
            throw HTTPTransportError(code: .internal, message: "libcurl cannot start", mayHaveBeenDelivered: false)
        }
    }
}
