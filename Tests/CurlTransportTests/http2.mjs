// An HTTP/2 server over TLS that answers with the protocol it was asked in, and with a large body.
import { createSecureServer } from 'node:http2'
import { readFileSync } from 'node:fs'

const server = createSecureServer({
    cert: readFileSync(process.argv[2]),
    key: readFileSync(process.argv[3]),
    allowHTTP1: true,
})
server.on('request', (request, response) => {
    if (request.url === '/bytes') {
        response.end(Buffer.alloc(20_000_000, 7))
        return
    }
    let size = 0
    request.on('data', (chunk) => { size += chunk.length })
    request.on('end', () => response.end(JSON.stringify({ version: request.httpVersion, size })))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
