// SPDX-License-Identifier: LGPL-2.1-or-later

// Go's standard library on pipes: a child by os/exec with all three standard streams, and a named pipe opened as a file.
//
//	pipes child            what the test's parent starts: prints its arguments, gives its input back in capitals, complains on stderr
//	pipes exec             starts it
//	pipes talk PIPE TEXT…  writes each TEXT to the pipe, prints what comes back
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func child(args []string) {
	input, err := io.ReadAll(os.Stdin)
	check(err)
	fmt.Println(strings.Join(args, "|"))
	fmt.Print(strings.ToUpper(string(input)))
	fmt.Fprintln(os.Stderr, "a complaint")
	os.Exit(7)
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func run() {
	var complaint bytes.Buffer
	program, err := os.Executable()
	check(err)
	command := exec.Command(program, "child", "a b", `c"d`, "")
	command.Stderr = &complaint
	input, err := command.StdinPipe()
	check(err)
	output, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	go func() {
		for i := 0; i < 20000; i++ {
			fmt.Fprintln(input, "line", i)
		}
		input.Close()
	}()
	all, err := io.ReadAll(output)
	check(err)
	lines := strings.Split(string(all), "\n")
	fmt.Println(lines[0], len(lines), lines[20000])
	var exit *exec.ExitError
	if err = command.Wait(); errors.As(err, &exit) {
		fmt.Println("exit", exit.ExitCode(), strings.TrimSpace(complaint.String()))
	}
}

func talk(pipe string, texts []string) {
	file, err := os.OpenFile(pipe, os.O_RDWR, 0)
	check(err)
	for _, text := range texts {
		answer := make([]byte, 1000)
		_, err = file.WriteString(text)
		check(err)
		n, err := file.Read(answer)
		check(err)
		fmt.Println(string(answer[:n]))
	}
	check(file.Close())
}

func main() {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "child":
		child(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "exec":
		run()
	case len(os.Args) > 3 && os.Args[1] == "talk":
		talk(os.Args[2], os.Args[3:])
	default:
		os.Exit(2)
	}
}
