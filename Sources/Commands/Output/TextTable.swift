/// Rows of text in aligned columns.
struct TextTable {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: [String]) {
        self.header = header
    }

    /// Adds a row; a cell that is nil or empty shows as a dash.
    mutating func add(_ cells: [String?]) {
        rows.append(cells.map { cell in cell.flatMap { $0.isEmpty ? nil : $0.printable } ?? "-" })
    }

    var text: String {
        let lines = [header] + rows
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return
            lines.map { cells in
                var line = ""
                for (cell, width) in zip(cells.dropLast(), widths) {
                    line += cell + String(repeating: " ", count: width - cell.count + 2)
                }
                return line + (cells.last ?? "")
            }
            .joined(separator: "\n")
    }
}
