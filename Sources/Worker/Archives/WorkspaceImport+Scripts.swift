/// What is done in the box, by its own shell: `$1` is the workspace, `$2` the directory of the import in it.
///
/// Beside that directory lie `.old`, what was there while it moves aside, `.whole`, the same once all of it has, and `.done`, what
/// may be deleted.
extension WorkspaceImport {
    static let prefix = ".sandfleet-import-"

    /// Whether an import is under way is told by the processes that name it; `grep` is not one of them.
    static let helpers = #"""
        cd "$1"
        all() { find "./$1" -mindepth 1 -maxdepth 1 -exec mv -t "$2" -- {} +; }
        free() { find "./$1" -mindepth 1 -maxdepth 1 -exec mv -n -t "$2" -- {} + || :; }
        aside() { find . -mindepth 1 -maxdepth 1 ! -name '.sandfleet-import-*' -exec mv -t "$1" -- {} +; }
        live() { grep -qsF -f - /proc/[0-9]*/cmdline <<NAME
        $1
        NAME
        }

        """#

    /// What had moved aside in part is the only copy of that part and goes back; where all of it had, the new files are all
    /// there, and take its place.
    static let recovery = #"""
        for left in .sandfleet-import-*; do
            [ -d "$left" ] || continue
            case $left in
            *.done) continue ;;
            *.old | *.whole) new=${left%.*} ;;
            *) new=$left ;;
            esac
            if live "$new"; then continue; fi
            case $left in
            *.old)
                free "$left" .
                rmdir -- "$left" 2>&- || continue
                [ ! -d "$new" ] || mv -- "$new" "$new.done" ;;
            *.whole)
                [ -d "$new" ] || continue
                free "$new" .
                [ -z "$(ls -A -- "$new")" ] || continue
                mv -- "$left" "$new.done"
                rmdir -- "$new" ;;
            *)
                if [ -d "$new.old" ] || [ -d "$new.whole" ]; then continue; fi
                if [ "$new" != ".sandfleet-import-$2" ] && [ -z "$(find "./$new" -maxdepth 0 -cmin +60)" ]; then continue; fi
                mv -- "$new" "$new.done" ;;
            esac
        done

        """#

    /// What is there of the same name is replaced, directories are joined; links instead of copies, so it takes no room.
    static let merge = #"""
        cp -a -l -f --remove-destination -- "$2/." .; rm -rf -- "$2"

        """#

    /// What is there moves aside before it is deleted: moves are quick, and deleting may fail half way.
    ///
    /// A move that fails is undone, for what moved aside is the only copy.
    static let replace = #"""
        mkdir "$2.old"
        back() { all "$1.old" .; rmdir -- "$1.old"; exit 1; }
        aside "$2.old" || back "$2"
        mv -- "$2.old" "$2.whole"
        if ! all "$2" .; then aside "$2"; mv -- "$2.whole" "$2.old"; back "$2"; fi
        mv -- "$2.whole" "$2.done"; rmdir -- "$2"

        """#

    /// Deletes what this import and earlier ones have replaced; directories that nobody may write in are no hindrance.
    static let tidy = #"""
        for old in .sandfleet-import-*.done; do
            [ -d "$old" ] || continue
            chmod -R u+rwX -- "$old" 2>&- || :
            rm -rf -- "$old" || exit 3
        done
        """#
}
