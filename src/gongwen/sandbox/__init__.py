"""What a child process of gongwen may do, and how it is started."""
