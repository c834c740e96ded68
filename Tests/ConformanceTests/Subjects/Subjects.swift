/// All drivers that run boxes for themselves; a user's own machine is tested on its own.
enum Subjects {
    static let all: [any Subject] = [LocalSubject()]
}
