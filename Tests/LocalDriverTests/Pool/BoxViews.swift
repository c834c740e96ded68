import NIOCore
import ProviderKit
import Testing

@testable import LocalDriver

/// What programs see of the box that they are in.
enum BoxViews {
    /// What a program finds in its box; numbers that differ between any two boxes are left out.
    private static let all = [
        "environment": "env | grep -v '^SANDFLEET_EXEC=[0-9a-z]*$' | sort; umask; pwd; ulimit -a; cat /proc/self/limits",
        "identity": "id; hostname; cat /etc/hostname /etc/passwd /proc/self/uid_map /proc/self/gid_map",
        "status": """
        grep -vE '^(Vm|Rss|Mems|Cpus|voluntary|nonvoluntary|HugetlbPages|Hugetlb)' /proc/self/status; echo $$ $PPID
        """,
        "cgroups": "sed -E 's/[0-9a-z]{26}$/ID/' /proc/self/cgroup /proc/1/cgroup",
        "mounts": "sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //; s/[ug]id=2[0-9]{5}/ID/g' -E /proc/self/mountinfo",
        "files": "find / -xdev -printf '%p %M %U %G %n %s %l\\n' 2>&1 | grep -v '^/proc ' | sort",
        "files in memory":
            "find /run /dev /tmp -printf '%p %M %U %G %l\\n' 2>&1 | grep -v '^/dev/pts/' | sort; df --output=target,size,itotal -a",
        "descriptors": "ls -l /proc/self/fd | awk '{print $1, $9, $10, $11}' | sed -E 's/\\[[0-9]+\\]//; s|/proc/[0-9]+|/proc/N|'",
        "processes":
            "all=$(for p in /proc/[0-9]*; do echo ${p##*/} $(cat $p/comm) $(tr '\\0' ' ' < $p/cmdline); done); echo \"$all\" | sort",
        "first process": """
        grep -E '^(Cap|NoNew|Seccomp|Uid|Gid|Groups|NSpid|NSpgid|NSsid|SigIgn|SigCgt|Shd)' /proc/1/status; cat /proc/1/oom_score_adj; \
        ls /proc/1/fd 2>&1; cat /proc/1/environ 2>&1
        """,
        "network": "cat /proc/net/dev | cut -d: -f1; cat /proc/net/route /proc/net/fib_trie /proc/net/unix | sed -E 's/^[0-9a-f]+: //'",
        "system": "uname -a; cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname /proc/sys/user/max_user_namespaces; ipcs",
        "refusals": """
        for c in 'mount -t tmpfs t /tmp' 'unshare -U true' 'unshare -n true' 'mknod /tmp/n c 1 3' 'chroot / true' 'touch /usr/x' \
        'touch /x' 'kill -9 1' 'hostname other'; do $c; echo "$c $?"; done 2>&1
        """,
    ]

    /// Nothing that a program sees tells one box from another.
    static func expectSame(_ one: any Box, _ other: any Box) async throws {
        for (name, script) in all.sorted(by: { $0.key < $1.key }) {
            let (first, second) = (try await one.result(script), try await other.result(script))
            #expect(first.stdout.readableBytes > 0 && first.exit == second.exit, "\(name)")
            for (left, right) in [(first.stdout, second.stdout), (first.stderr, second.stderr)] where left != right {
                let lines = [left, right].map { String(buffer: $0).split(separator: "\n") }
                Issue.record("\(name): \(lines[0].difference(from: lines[1]).map { "\($0)" })")
            }
        }
    }
}
