/// Where an import that replaces was cut short, with `$n` as the name of its directory.
enum ImportCut: String, CaseIterable, Sendable {
    case movingAside, movedAside, movingIn, movedIn, removed, failedToMoveBack, userCameBetween

    /// Makes what is there then: `1` and `2` were, `2` and `3` are to be.
    var script: String {
        switch self {
        case .movingAside: "mkdir $n $n.old; echo o1 > $n.old/1; echo o2 > 2; echo n2 > $n/2; echo n3 > $n/3"
        case .movedAside: "mkdir $n $n.whole; echo o1 > $n.whole/1; echo o2 > $n.whole/2; echo n2 > $n/2; echo n3 > $n/3"
        case .movingIn: "mkdir $n $n.whole; echo o1 > $n.whole/1; echo o2 > $n.whole/2; echo n2 > 2; echo n3 > $n/3"
        case .movedIn: "mkdir $n $n.whole; echo o1 > $n.whole/1; echo o2 > $n.whole/2; echo n2 > 2; echo n3 > 3"
        case .removed: "mkdir $n $n.done; echo o1 > $n.done/1; echo n2 > 2; echo n3 > 3; rmdir $n"
        case .failedToMoveBack: "mkdir $n.old; echo o1 > $n.old/1; echo o2 > 2"
        case .userCameBetween: "mkdir $n $n.old; echo o1 > $n.old/1; echo later > 1; echo o2 > 2; echo n2 > $n/2"
        }
    }

    /// The names, and what is in the files.
    var expected: String {
        switch self {
        case .movingAside, .failedToMoveBack: "1 2 o1 o2 "
        case .movedAside, .movingIn, .movedIn, .removed: "2 3 n2 n3 "
        // What cannot go back stays where it is.
        case .userCameBetween:
            ".sandfleet-import-01cut .sandfleet-import-01cut.old .sandfleet-import-01cut.old/1 .sandfleet-import-01cut/2 1 2 later o2 "
        }
    }
}
