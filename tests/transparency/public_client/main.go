// Reads a transparency log with the packages that Go itself checks its modules by (golang.org/x/mod/sumdb):
// the note of the checkpoint, every entry, its inclusion, and that the tree continues every smaller one.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go http://127.0.0.1:8080/log VKEY [OLDER-CHECKPOINT]
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tiles reads tiles of height 8; the paths of tlog-tiles leave the height out.
type tiles struct{ url string }

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	read := [][]byte{}
	for _, tile := range wanted {
		read = append(read, get(t.url+"/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return read, nil
}

func get(url string) []byte {
	answer, err := http.Get(url)
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != 200 {
		log.Fatalf("%s: %s", url, answer.Status)
	}
	return body
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(signed []byte, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	tree := tlog.Tree{N: size}
	if lines[0] != verifier.Name() || copy(tree.Hash[:], root) != tlog.HashSize {
		log.Fatal("the checkpoint is of another log, or malformed")
	}
	return tree
}

// entries reads the bundle of entries that begins at first: each is two bytes of length and that many bytes.
func entries(url string, tree tlog.Tree, first int64) (records [][]byte) {
	width := int(tree.N - first)
	if width > 256 {
		width = 256
	}
	path := tlog.Tile{H: 8, L: -1, N: first / 256, W: width}.Path()
	for bundle := get(url + "/" + strings.Replace(path, "tile/8/data/", "tile/entries/", 1)); len(bundle) > 0; {
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		records, bundle = append(records, bundle[2:end]), bundle[end:]
	}
	if len(records) != width {
		log.Fatalf("%d entries from %d on, not %d", len(records), first, width)
	}
	return records
}

func main() {
	url, vkey := os.Args[1], os.Args[2]
	tree := open(get(url+"/checkpoint"), vkey)
	hashes := tlog.TileHashReader(tree, tiles{url})
	for first := int64(0); first < tree.N; first += 256 {
		for place, record := range entries(url, tree, first) {
			n := first + int64(place)
			proof, err := tlog.ProveRecord(tree.N, n, hashes)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(record)))
		}
	}
	if len(os.Args) > 3 {
		signed, err := os.ReadFile(os.Args[3])
		check(err)
		older := open(signed, vkey)
		proof, err := tlog.ProveTree(tree.N, older.N, hashes)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash))
		fmt.Printf("continues the tree of %d entries; ", older.N)
	}
	fmt.Printf("%d entries included under the signed root\n", tree.N)
}
