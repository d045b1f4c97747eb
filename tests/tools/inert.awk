# SPDX-License-Identifier: GPL-3.0-or-later
# Does any name get out of its place?  awk -v kind=html|svg|csv|json|md|dot|mermaid -f inert.awk FILE
# prints what it finds, a line each.  Written against the formats' own grammars, and knows nothing
# of how Seam writes them.  Bytes are characters (LC_ALL=C).
function fault(text) { print FILENAME ": " substr(text, 1, 160) }

{ all = all $0 "\n" }

# --- HTML and SVG: what begins with < is a tag by the book, and none of a kind that acts

function tag(text,    name, rest, attribute, value, at) {
    if (text !~ /^<\/?[a-zA-Z][a-zA-Z0-9:-]*([ \t\n]+[a-zA-Z:_-]+="[^"<]*")*[ \t\n]*\/?>$/) {
        fault("not a tag: " text)
        return
    }
    match(text, /[a-zA-Z][a-zA-Z0-9:-]*/)
    name = tolower(substr(text, RSTART, RLENGTH))
    if (name ~ /^(script|img|iframe|object|embed|link|form|input|button|base|foreignobject|audio|video|image|animate|set)$/)
        fault("an element that acts: " text)
    rest = substr(text, RSTART + RLENGTH)
    while (match(rest, /[a-zA-Z:_-]+="[^"]*"/)) {
        attribute = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        at = index(attribute, "=")
        value = substr(attribute, at + 2, length(attribute) - at - 2)
        attribute = tolower(substr(attribute, 1, at - 1))
        if (attribute ~ /^on/ || attribute ~ /^(src|srcset|action|formaction|srcdoc|ping|background)$/)
            fault("an attribute that acts: " text)
        if (attribute ~ /href$/ && value !~ /^#/)
            fault("a link outside: " text)
        if (attribute == "style" && value ~ /url|expression|import/)
            fault("a style that asks for something: " text)
    }
    tags++
}

function markup(text,    n, pieces, piece, end, style) {
    sub(/^<\?xml[^<>]*\?>/, "", text)
    sub(/<!DOCTYPE (html|svg)[^<>]*>/, "", text)
    n = split(text, pieces, "<")
    for (i = 2; i <= n; i++) {
        piece = pieces[i]
        if (piece ~ /^!--/ || piece ~ /^!\[CDATA\[/) {
            if (piece !~ /(-->|\]\]>)[ \n]*$/)
                fault("what stands in a comment ends elsewhere: " piece)
            continue
        }
        if (!(end = index(piece, ">"))) {
            fault("a tag without an end: <" piece)
            return
        }
        tag("<" substr(piece, 1, end))
        style = piece ~ /^style/
        if (style && piece ~ /@import|url\([^#]/)
            fault("a style that asks for something")
        if (!style && kind == "html" && index(substr(piece, end + 1), ">"))
            fault("> stands bare in <" piece)
    }
    if (!tags)
        fault("no tags at all")
}

# --- CSV (RFC 4180): as many cells in each line, none that a spreadsheet would compute

function cell(text,    bare) {
    bare = text
    sub(/^[ \t\r]+/, "", bare)
    if (bare ~ /^[-+=@]/ && bare !~ /^[-+]?[0-9.]+([eE][-+]?[0-9]+)?$/)
        fault("a cell that is a formula: " text)
    if (bare ~ /^\357\274(\213|\215|\235|\240)/)
        fault("a cell that is a formula in full width: " text)
    cells++
}

function csv(text,    line, rest, n, lines) {
    n = split(text, lines, "\n")
    for (i = 1; i < n; i++) {
        cells = 0
        rest = lines[i] ","
        while (rest != "") {
            if (match(rest, /^"([^"]|"")*",/)) {
                line = substr(rest, 2, RLENGTH - 3)
                gsub(/""/, "\"", line)
            } else if (match(rest, /^[^",]*,/))
                line = substr(rest, 1, RLENGTH - 1)
            else {
                fault("a quote that does not end: " rest)
                break
            }
            cell(line)
            rest = substr(rest, RLENGTH + 1)
        }
        if (i > 1 && cells != columns)
            fault(cells " cells, not " columns ": " lines[i])
        columns = cells
    }
}

# --- JSON (RFC 8259): strings and numbers fold to S, then arrays and objects do, until one is left

function json(text,    before, s) {
    s = "\"([^\"\\\\\001-\037]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F])*\""
    gsub(s, "S", text)
    gsub(/-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false|null/, "S", text)
    gsub(/[ \n]+/, "", text)
    do {
        before = length(text)
        gsub(/\[(S(,S)*)?\]/, "S", text)
        gsub(/\{(S:S(,S:S)*)?\}/, "S", text)
    } while (length(text) < before)
    if (text !~ (lines ? "^S+$" : "^S$"))
        fault("not JSON: " text)
}

# --- Markdown: what is left without escapes and code has no markup, and links within the page

function markdown(text,    n, lines, fence, line) {
    n = split(text, lines, "\n")
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (line ~ /^ *```+/) {
            fence = !fence
            continue
        }
        if (fence)
            continue
        gsub(/\\[^a-zA-Z0-9 ]/, "", line)
        gsub(/`[^`]*`/, "", line)
        gsub(/<\/?(details|summary)>/, "", line)
        if (line ~ /<[a-zA-Z\/!?]/)
            fault("markup: " lines[i])
        while (match(line, /\]\([^)]*\)/)) {
            if (substr(line, RSTART + 2, RLENGTH - 3) !~ /^(#|report-[0-9]+-[a-z]+\.svg$)/)
                fault("a link: " lines[i])
            line = substr(line, RSTART + RLENGTH)
        }
        if (line ~ /(https?|ftp):\/\/|www\.|mailto:/)
            fault("an address that becomes a link: " lines[i])
    }
    if (fence)
        fault("a code block that does not end")
}

# --- drawings as text: a name stands within quotes, and a quote within a name is no quote

function quoted(text, statement,    n, lines, line) {
    n = split(text, lines, "\n")
    for (i = 1; i < n; i++) {
        line = lines[i]
        if (kind == "dot")
            gsub(/\\./, "", line)
        gsub(/"[^"]*"/, "Q", line)
        if (line ~ /"/ || line !~ statement)
            fault("no statement: " lines[i])
    }
}

END {
    if (kind == "html" || kind == "svg")
        markup(all)
    else if (kind == "csv")
        csv(all)
    else if (kind == "json")
        json(all)
    else if (kind == "md")
        markdown(all)
    else if (kind == "dot") {
        id = "[ ]*[a-z0-9_]+( -> [a-z0-9_]+)?"
        facts = "( \\[[a-zA-Z0-9_=Q,#. ]*\\])?;"
        quoted(all, "^(digraph seam [{]|[ ]*[}]|" id facts \
            "|[ ]*[a-z]+=[a-zA-Z0-9Q]+;|[ ]*subgraph [a-z0-9_]+ [{])$")
    }
    else if (kind == "mermaid")
        quoted(all, "^(---|title: Q|flowchart [A-Z]+|[ ]*[a-z0-9_]+[[({<>/\\\\]+Q[])}>/\\\\]+|[ ]*[a-z0-9_]+ [-.=]+>( ?\\|Q\\|)? [a-z0-9_]+|[ ]*subgraph [a-z0-9_]+ ?\\[?Q?\\]?|[ ]*end|[ ]*(classDef|class|direction|style|linkStyle)[ a-zA-Z0-9_,:#.-]+|)$")
}
